# Installs, builds the example plug-in against that, and runs it: with the compiler of this build, since another one's
# would be refused.
dnstorm_e2e_test(plugin)
if(TEST e2e_plugin)
  set_property(TEST e2e_plugin APPEND PROPERTY ENVIRONMENT
    "DNSTORM_BUILD=${CMAKE_BINARY_DIR}" "CMAKE=${CMAKE_COMMAND}" "CXX=${CMAKE_CXX_COMPILER}" "CC=${CMAKE_C_COMPILER}")
endif()
