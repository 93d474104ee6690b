# The board in a real browser, and the page's own unit tests. Both are skipped where node is missing.
add_executable(board_demo ${CMAKE_CURRENT_SOURCE_DIR}/board/board_demo.cpp)
target_link_libraries(board_demo PRIVATE dnstorm_board_server dnstorm_settings)

foreach(test playwright vitest)
  add_test(NAME board_${test}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/board/run.sh ${test}
                   $<TARGET_FILE:board_demo> $<TARGET_FILE:dnstorm>)
  set_tests_properties(board_${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
# Both may run `npm ci`, and a browser beside other tests on two cores is slow.
set_tests_properties(board_playwright PROPERTIES RUN_SERIAL ON)
