# Children in other languages; pystorm comes from PyPI into a virtual environment that the test makes.
dnstorm_e2e_test(multilang)
