dnstorm_unit_test(operators/sinks USES operators_sinks)
