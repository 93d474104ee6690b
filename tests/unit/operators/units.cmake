dnstorm_unit_test(operators/count USES operators_count)
dnstorm_unit_test(operators/shape USES operators_shape)
dnstorm_unit_test(operators/match USES operators_match)
dnstorm_unit_test(operators/windowing USES operators_windowing)
