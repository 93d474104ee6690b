# Language, warnings, sanitizers, ccache: what every target of the tree shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# -g1 keeps function names for perf and for a back trace at a tenth of the size of -g.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

set(DNSTORM_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=LIST")
if(DNSTORM_SANITIZE)
  add_compile_options(-fsanitize=${DNSTORM_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DNSTORM_SANITIZE})
endif()

# libFuzzer steers by the branches of all code, not of the target's file alone.
if(DNSTORM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(DNSTORM_CCACHE ccache)
if(DNSTORM_CCACHE)
  # Without this sloppiness ccache refuses every file that uses a precompiled header. The base folder makes paths
  # relative, so that several clones and work trees share what is compiled.
  set(DNSTORM_CCACHE_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${DNSTORM_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${DNSTORM_CCACHE_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${DNSTORM_CCACHE_LAUNCHER})
endif()

find_program(DNSTORM_LLD ld.lld)
if(DNSTORM_LLD)
  add_link_options(-fuse-ld=lld)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)

add_library(dnstorm_settings INTERFACE)
target_include_directories(dnstorm_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(dnstorm_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Nothing of ours is replaced at load time: calls inside a file may be inlined though it is compiled for shared
  # objects. clang does so unasked.
  target_compile_options(dnstorm_settings INTERFACE -fno-semantic-interposition)
  # g++ 12 sees overflows in inlined std::string code that are not there (GCC bug 105651).
  target_compile_options(dnstorm_settings INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-maybe-uninitialized)
endif()
target_link_libraries(dnstorm_settings INTERFACE fmt::fmt Threads::Threads)
