dnstorm_unit_test(operators/season USES operators_season)
