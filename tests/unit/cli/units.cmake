dnstorm_unit_test(cli USES cli)
