# cmake -DROOT=dir -DFOLDERS="a b" -DOUT=digest.hpp -P ApiDigest.cmake: the hash by which a plug-in and the program know that
# they were built from the same interface (engine/api/plugin.hpp). Over headers and sources, because a plug-in has a
# copy of both; without comments and blanks, so that only what is compiled counts.
string(REPLACE " " ";" FOLDERS "${FOLDERS}")
set(code "")
foreach(folder IN LISTS FOLDERS)
  file(GLOB files RELATIVE ${ROOT} ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.cpp)
  list(SORT files)
  foreach(file IN LISTS files)
    file(READ ${ROOT}/${file} text)
    string(REGEX REPLACE "//[^\n]*" "" text "${text}")
    string(REGEX REPLACE "[ \t\r\n]+" "" text "${text}")
    string(APPEND code "${file}:${text}\n")
  endforeach()
endforeach()
string(SHA256 hash "${code}")
string(SUBSTRING ${hash} 0 16 digest)
set(header "// Made by cmake/ApiDigest.cmake: the hash of the sources of the interface for plug-ins.
#pragma once

namespace dnstorm {
inline constexpr char api_digest[] = \"${digest}\";
}  // namespace dnstorm
")
# What includes it is compiled again only if it changes.
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT "${before}" STREQUAL "${header}")
  file(WRITE ${OUT} "${header}")
endif()
