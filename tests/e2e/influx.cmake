# The influx sink and the metrics against the InfluxDB of Debian; skipped where there is none.
add_executable(e2e_influx ${CMAKE_CURRENT_LIST_DIR}/influx_sink_test.cpp
               ${CMAKE_CURRENT_LIST_DIR}/influx_metrics_test.cpp ${CMAKE_CURRENT_LIST_DIR}/influx_server.cpp)
target_link_libraries(e2e_influx PRIVATE dnstorm_operators_sinks dnstorm_cli dnstorm_settings GTest::gtest_main GTest::gmock)
dnstorm_test_options(e2e_influx)
add_test(NAME e2e_influx COMMAND e2e_influx)
set_tests_properties(e2e_influx PROPERTIES TIMEOUT 600)
