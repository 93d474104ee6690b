# End-to-end tests of the program: Python's standard library, one ctest entry a file.
find_package(Python3 COMPONENTS Interpreter)
function(dnstorm_e2e_test name)
  if(NOT Python3_FOUND)
    return()
  endif()
  add_test(NAME e2e_${name}
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/e2e/${name}_test.py)
  set_tests_properties(e2e_${name} PROPERTIES
    ENVIRONMENT "DNSTORM=$<TARGET_FILE:dnstorm>;PYTHONDONTWRITEBYTECODE=1"
    SKIP_RETURN_CODE 77 TIMEOUT 900 LABELS e2e)
endfunction()

dnstorm_e2e_test(truth)
dnstorm_e2e_test(dnstap_truth)
dnstorm_e2e_test(convert)
dnstorm_e2e_test(dnstap_senders)
dnstorm_e2e_test(dnstap_load)
dnstorm_e2e_test(bad_input)
dnstorm_e2e_test(golden)
dnstorm_e2e_test(match)
dnstorm_e2e_test(live)
dnstorm_e2e_test(veth)
dnstorm_e2e_test(tap)
dnstorm_e2e_test(control)
dnstorm_e2e_test(system)
dnstorm_e2e_test(rssac002)
dnstorm_e2e_test(resume)
dnstorm_e2e_test(test_command)
