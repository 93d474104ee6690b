# Embeds the files of a folder in a target: dnstorm_embed_folder(target FOLDER dir DEPENDS files...)
#
# The folder is read at build time (its files may be made by another rule, named by DEPENDS). Each file is
# embedded twice by the assembler's .incbin, as it is and gzipped, and a generated source defines
# dnstorm::board::assets() over them (board/server/assets.hpp). g++ 12 has no #embed, and a byte array in
# C++ would take the compiler minutes. This file is both the module and, by cmake -P, its build step.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(DNSTORM_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
  find_program(DNSTORM_GZIP gzip REQUIRED)

  function(dnstorm_embed_folder target)
    cmake_parse_arguments(ARG "" "FOLDER" "DEPENDS" ${ARGN})
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_assets)
    add_custom_command(
      OUTPUT ${out}.S ${out}.cpp
      COMMAND ${CMAKE_COMMAND} -DFOLDER=${ARG_FOLDER} -DOUT=${out} -DGZIP=${DNSTORM_GZIP} -P ${DNSTORM_EMBED_SCRIPT}
      DEPENDS ${ARG_DEPENDS} ${DNSTORM_EMBED_SCRIPT}
      COMMENT "Embedding ${ARG_FOLDER}" VERBATIM)
    # A library of its own: the warning options of C++ are not for the assembler.
    add_library(${target}_assets OBJECT ${out}.S)
    target_sources(${target} PRIVATE ${out}.cpp $<TARGET_OBJECTS:${target}_assets>)
  endfunction()
  return()
endif()

# --- build step ---------------------------------------------------------------------------------

set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_png "image/png")
set(type_json "application/json")

file(REMOVE_RECURSE ${OUT}.gz)
file(MAKE_DIRECTORY ${OUT}.gz)
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(symbols "")
set(table "")
set(number 0)
foreach(file IN LISTS files)
  string(REGEX REPLACE "^.*\\." "" extension ${file})
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "${FOLDER}/${file}: no content type is known for .${extension}; add it to ${CMAKE_SCRIPT_MODE_FILE}")
  endif()
  set(gzipped ${OUT}.gz/${number}.gz)
  execute_process(COMMAND ${GZIP} -9nc ${FOLDER}/${file} OUTPUT_FILE ${gzipped} COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${FOLDER}/${file} plain_size)
  file(SIZE ${gzipped} gzip_size)
  file(SHA256 ${FOLDER}/${file} hash)
  string(SUBSTRING ${hash} 0 16 etag)
  set(path /${file})
  if(file STREQUAL index.html)
    set(path /)
  endif()
  set(immutable false)
  if(file MATCHES "^assets/")  # Vite puts a hash of the content into these names
    set(immutable true)
  endif()
  # The hash stands in the text so that the assembler runs again when a file changes.
  string(APPEND symbols "// ${hash}\n"
    "  .globl dnstorm_asset_${number}_plain\n  .hidden dnstorm_asset_${number}_plain\ndnstorm_asset_${number}_plain:\n  .incbin \"${FOLDER}/${file}\"\n"
    "  .globl dnstorm_asset_${number}_gzip\n  .hidden dnstorm_asset_${number}_gzip\ndnstorm_asset_${number}_gzip:\n  .incbin \"${gzipped}\"\n")
  string(APPEND externs "extern \"C\" const char dnstorm_asset_${number}_plain[] __attribute__((visibility(\"hidden\")));\n"
    "extern \"C\" const char dnstorm_asset_${number}_gzip[] __attribute__((visibility(\"hidden\")));\n")
  string(APPEND table "    {\"${path}\", \"${type_${extension}}\", \"\\\"${etag}\\\"\", ${immutable},\n"
    "     {dnstorm_asset_${number}_plain, ${plain_size}}, {dnstorm_asset_${number}_gzip, ${gzip_size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
if(number EQUAL 0)
  message(FATAL_ERROR "${FOLDER} is empty: there is no page to embed")
endif()

file(WRITE ${OUT}.S "  .section .rodata\n${symbols}  .section .note.GNU-stack,\"\",%progbits\n")
file(WRITE ${OUT}.cpp "// Made by cmake/EmbedFolder.cmake from ${FOLDER}.
#include \"board/server/assets.hpp\"

${externs}
namespace dnstorm::board {
std::span<const Asset> assets() {
  static const Asset all[] = {
${table}  };
  return all;
}
}  // namespace dnstorm::board
")
