# dnstorm_add_plugin(entropy entropy.cpp ...): the plug-in entropy.so out of these sources.
set(dnstorm_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/dnstormPlugin.map)

function(dnstorm_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE dnstorm::api)
  set_target_properties(${name} PROPERTIES
    PREFIX "" CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${dnstorm_PLUGIN_MAP})
  # Nothing goes out but the entry point, so that the copy of the interface in one plug-in is never taken for that of
  # another.
  target_link_options(${name} PRIVATE -Wl,--version-script=${dnstorm_PLUGIN_MAP})
  # A function that is missing is a matter of the build and not of the start. The runtime of a sanitizer is in the
  # program.
  get_target_property(options dnstorm::api INTERFACE_LINK_OPTIONS)
  if(NOT "${options};${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
