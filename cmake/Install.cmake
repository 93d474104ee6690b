# cmake --install build/release --prefix P: the program, and what a plug-in is built with. DESTDIR is respected, and an
# installation may be moved: nothing in it knows where it is.
include(CMakePackageConfigHelpers)
set(dnstorm_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dnstorm)

# What a plug-in links: the code behind the public headers, static, so that every plug-in has a copy. Not a shared
# library, because the program would then be two files; not symbols of the program, because those of all its libraries
# would go out with them, and a plug-in could not be linked (or tested) without it. It can be copied because it has no
# state, and the copies cannot differ: engine/api/plugin.hpp compares a hash of its sources.
add_library(dnstorm_api STATIC
  $<TARGET_OBJECTS:dnstorm_engine_base> $<TARGET_OBJECTS:dnstorm_engine_telemetry> $<TARGET_OBJECTS:dnstorm_engine_api>)
set_target_properties(dnstorm_api PROPERTIES EXPORT_NAME api LINKER_LANGUAGE CXX)
target_compile_features(dnstorm_api INTERFACE cxx_std_20)
target_include_directories(dnstorm_api INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/dnstorm>)
target_link_libraries(dnstorm_api INTERFACE fmt::fmt)
if(DNSTORM_SANITIZE)
  # The copy calls the sanitizer's runtime, which only these options bring along.
  target_compile_options(dnstorm_api INTERFACE -fsanitize=${DNSTORM_SANITIZE})
  target_link_options(dnstorm_api INTERFACE -fsanitize=${DNSTORM_SANITIZE})
endif()

# What a test of an operator links: the engine without actors (nothing pulls those objects in), so it wants no CAF. In an
# export of its own, since only tests need the YAML reader's library.
set(testkit_objects "")
foreach(folder topology plan delivery runtime testkit)
  list(APPEND testkit_objects $<TARGET_OBJECTS:dnstorm_engine_${folder}>)
endforeach()
add_library(dnstorm_testkit STATIC ${testkit_objects})
set_target_properties(dnstorm_testkit PROPERTIES EXPORT_NAME testkit LINKER_LANGUAGE CXX)
target_link_libraries(dnstorm_testkit INTERFACE dnstorm_api yaml-cpp)
install(TARGETS dnstorm_testkit EXPORT dnstormTestkit)
install(EXPORT dnstormTestkit NAMESPACE dnstorm:: FILE dnstormTestkitTargets.cmake DESTINATION ${dnstorm_package_dir})
install(FILES ${CMAKE_SOURCE_DIR}/engine/testkit/rows.hpp ${CMAKE_SOURCE_DIR}/engine/testkit/test_topology.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dnstorm/engine/testkit)

install(TARGETS dnstorm dnstorm_api EXPORT dnstorm)
foreach(folder engine/api engine/base)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dnstorm/${folder}
          FILES_MATCHING PATTERN *.hpp)
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/engine/telemetry/counter.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dnstorm/engine/telemetry)
install(FILES ${CMAKE_BINARY_DIR}/generated/engine/api/digest.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dnstorm/engine/api)

install(EXPORT dnstorm NAMESPACE dnstorm:: FILE dnstormTargets.cmake DESTINATION ${dnstorm_package_dir})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/dnstormConfig.cmake.in
  ${CMAKE_BINARY_DIR}/generated/dnstormConfig.cmake INSTALL_DESTINATION ${dnstorm_package_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/dnstormConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/generated/dnstormConfig.cmake ${CMAKE_BINARY_DIR}/generated/dnstormConfigVersion.cmake
  ${CMAKE_SOURCE_DIR}/cmake/dnstormPlugin.cmake ${CMAKE_SOURCE_DIR}/cmake/dnstormPlugin.map
  DESTINATION ${dnstorm_package_dir})

install(DIRECTORY ${CMAKE_SOURCE_DIR}/configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/dnstorm/configs)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/dnstorm
        PATTERN build EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.md
        PATTERN examples EXCLUDE PATTERN images EXCLUDE)

# The pages of the operators with what the program declares of them.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(operator_pages ${CMAKE_BINARY_DIR}/docs/operators)
  set(make_pages ${CMAKE_SOURCE_DIR}/scripts/operator_pages.py $<TARGET_FILE:dnstorm> ${operator_pages})
  add_custom_target(docs COMMAND ${Python3_EXECUTABLE} ${make_pages} DEPENDS dnstorm VERBATIM)
  list(JOIN make_pages "\" \"" quoted_pages)
  install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" \"${quoted_pages}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY ${operator_pages} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
