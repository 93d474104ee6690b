dnstorm_unit_test(cluster/node USES cluster_node cluster_model)
target_compile_definitions(unit_cluster_node PRIVATE DNSTORM_TEST_CHILD="$<TARGET_FILE:process_child>")
add_dependencies(unit_cluster_node process_child)
