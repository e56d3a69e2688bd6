# Third-party libraries and the compiler settings every target of the project shares.

find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(WEBSOCKETS REQUIRED IMPORTED_TARGET libwebsockets)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
find_package(Threads REQUIRED)

# Debian 12 ships msgpack-c 4 as "msgpack" (target msgpackc), Debian 13 version 6 as "msgpack-c".
find_package(msgpack-c CONFIG QUIET)
if(TARGET msgpack-c)
  set(HOSO_MSGPACK msgpack-c)
else()
  find_package(msgpack CONFIG REQUIRED)
  set(HOSO_MSGPACK msgpackc)
endif()

add_library(hoso_warnings INTERFACE)
target_compile_options(hoso_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla
  -Wcast-align -Wcast-qual -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum
  -Wwrite-strings -fno-common -fstack-protector-strong)
target_compile_definitions(hoso_warnings INTERFACE _FORTIFY_SOURCE=2)
target_include_directories(hoso_warnings INTERFACE ${PROJECT_SOURCE_DIR})

if(HOSO_SANITIZE)
  target_compile_options(hoso_warnings INTERFACE
    -fsanitize=${HOSO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(hoso_warnings INTERFACE -fsanitize=${HOSO_SANITIZE})
endif()
