#include "daemon/certificate.h"

#include "client/home/entropy.h"
#include "client/home/home.h"
#include "client/link/net/tls.h"
#include "client/text/file.h"

#include <string.h>

enum status certificate_make(const char *path, const struct secret_key *secret)
{
    char file[HOME_PATH_SIZE];
    struct buffer pem;
    enum status status = home_file(path, "tls", file);

    buffer_init(&pem, TLS_PEM_BYTES);
    if (status == STATUS_OK)
        status = tls_make(secret, &pem);
    if (status == STATUS_OK)
        status = file_write(file, buffer_view(&pem));
    certificate_wipe(&pem);
    return status;
}

enum status certificate_get(const char *path, const struct secret_key *secret, struct buffer *pem)
{
    char file[HOME_PATH_SIZE];
    struct public_key node;
    enum status status = home_file(path, "tls", file);

    memcpy(node.bytes, secret->bytes + sizeof secret->bytes - sizeof node.bytes, sizeof node.bytes);
    if (status == STATUS_OK)
        status = file_read(file, pem);
    if (status == STATUS_OK && tls_check(buffer_view(pem), &node) == STATUS_OK)
        return STATUS_OK;
    buffer_reset(pem);
    status = certificate_make(path, secret);
    return status == STATUS_OK ? file_read(file, pem) : status;
}

void certificate_wipe(struct buffer *pem)
{
    if (pem->at != NULL)
        entropy_wipe(pem->at, pem->size);
    buffer_deinit(pem);
}
