#include "client/hoso.h"

const char *hoso_version(void)
{
    return "0.1.0";
}
