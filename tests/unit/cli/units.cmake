dnstorm_unit_test(cli USES cli)
if(TARGET unit_cli)
  target_compile_definitions(unit_cli PRIVATE DNSTORM_SOURCE="${CMAKE_SOURCE_DIR}")
endif()
