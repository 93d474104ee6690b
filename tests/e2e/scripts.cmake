dnstorm_e2e_test(scripts)
