dnstorm_unit_test(cluster/model USES cluster_model)
if(TARGET unit_cluster_model)
  target_compile_definitions(unit_cluster_model PRIVATE DNSTORM_SOURCE="${CMAKE_SOURCE_DIR}")
endif()
