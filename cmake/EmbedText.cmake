# cmake -DIN=file -DOUT=file.cpp -DNAME=symbol -P EmbedText.cmake: a text file as a C++ string.
file(READ ${IN} text)
file(WRITE ${OUT} "extern const char* const ${NAME};\nconst char* const ${NAME} = R\"dnstorm_text(${text})dnstorm_text\";\n")
