# The board in a real browser, and the page's own unit tests. Both are skipped where node is missing.
add_executable(board_demo ${CMAKE_CURRENT_SOURCE_DIR}/board/board_demo.cpp)
target_link_libraries(board_demo PRIVATE dnstorm_board_server dnstorm_settings)

add_test(NAME board_vitest COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/board/run.sh vitest)

# A test a page, so that each has its own time and can be asked for by name: ctest -R board_traffic.
file(GLOB pages RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/board CONFIGURE_DEPENDS
     ${CMAKE_CURRENT_SOURCE_DIR}/board/*.test.mjs)
if(DNSTORM_SANITIZE) # what a server costs is that of a program without sanitizers
  list(REMOVE_ITEM pages budgets.test.mjs)
endif()
set(board_tests board_vitest)
foreach(page ${pages})
  string(REPLACE ".test.mjs" "" name board_${page})
  add_test(NAME ${name}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/board/run.sh ${page} $<TARGET_FILE:board_demo>
                   $<TARGET_FILE:dnstorm>)
  # A browser beside other tests on two cores is slow.
  set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  list(APPEND board_tests ${name})
endforeach()
# Each may run `npm ci`.
set_tests_properties(${board_tests} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1200 RESOURCE_LOCK npm)
