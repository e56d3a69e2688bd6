# Writes the files of the example district as a C source.
# Usage: cmake -DOUT=example.c -DFOLDER=client/example -P embed.cmake
set(text "#include \"client/example/example.h\"\n")
foreach(file procedures.json calendar.csv units.csv staff.csv)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${FOLDER}/${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND text "\nstatic const uint8_t ${name}[] = {\n${hex}};\n"
    "\nstruct bytes example_${name}(void)\n{\n    return bytes_of(${name}, sizeof ${name});\n}\n")
endforeach()
file(WRITE ${OUT} "${text}")
