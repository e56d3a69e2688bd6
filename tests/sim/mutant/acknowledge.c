/*
 * A deliberate fault, linked around the store (-Wl,--wrap): a commit is called durable at once and
 * is made so when the next one begins. A crash in between loses what was acknowledged.
 */
#include "client/store/store.h"

/* A store's first commits are honest: a replica is made, a district founded. */
enum { STORES = 64, HONEST_COMMITS = 6 };

struct late {
    struct store *store;
    struct store_write *write;
    bool pending;
    unsigned commits;
};

/* The one place of the tests with state of its own: a fault has no owner to hang on. */
static struct late lates[STORES];

enum status __real_store_write_begin(struct store *store, struct store_write **write);
enum status __real_store_commit(struct store_write *write);
void __real_store_abort(struct store_write *write);
void __real_store_close(struct store *store);
struct store *__real_store_memory_clone(const struct store *store);
void __real_store_memory_forget(struct store *store, uint64_t commits);
enum status __wrap_store_write_begin(struct store *store, struct store_write **write);
enum status __wrap_store_commit(struct store_write *write);
void __wrap_store_abort(struct store_write *write);
void __wrap_store_close(struct store *store);
struct store *__wrap_store_memory_clone(const struct store *store);
void __wrap_store_memory_forget(struct store *store, uint64_t commits);

static struct late *late_of(const struct store *store, const struct store_write *write)
{
    for (size_t i = 0; i < STORES; i++) {
        struct late *late = &lates[i];
        if (late->store && ((store && late->store == store) || (write && late->write == write)))
            return late;
    }
    return NULL;
}

static enum status make_durable(struct late *late)
{
    if (!late || !late->pending)
        return STATUS_OK;
    struct store_write *write = late->write;
    late->pending = false;
    late->write = NULL;
    return __real_store_commit(write);
}

static void lose(struct late *late)
{
    if (late && late->pending)
        __real_store_abort(late->write);
    if (late) {
        late->pending = false;
        late->write = NULL;
    }
}

enum status __wrap_store_write_begin(struct store *store, struct store_write **write)
{
    enum status status = make_durable(late_of(store, NULL));
    if (status == STATUS_OK)
        status = __real_store_write_begin(store, write);
    struct late *late = late_of(store, NULL);
    for (size_t i = 0; i < STORES && !late; i++)
        late = lates[i].store ? NULL : &lates[i];
    if (status == STATUS_OK && late) {
        late->store = store;
        late->write = *write;
    }
    return status;
}

enum status __wrap_store_commit(struct store_write *write)
{
    struct late *late = late_of(NULL, write);
    if (late && ++late->commits <= HONEST_COMMITS)
        late->write = NULL;
    if (!late || !late->write)
        return __real_store_commit(write);
    late->pending = true;
    return STATUS_OK;
}

void __wrap_store_abort(struct store_write *write)
{
    struct late *late = late_of(NULL, write);
    if (late)
        late->write = NULL;
    __real_store_abort(write);
}

void __wrap_store_close(struct store *store)
{
    struct late *late = late_of(store, NULL);
    lose(late);
    if (late)
        *late = (struct late){0};
    __real_store_close(store);
}

struct store *__wrap_store_memory_clone(const struct store *store)
{
    enum status status = make_durable(late_of(store, NULL));
    return status == STATUS_OK ? __real_store_memory_clone(store) : NULL;
}

void __wrap_store_memory_forget(struct store *store, uint64_t commits)
{
    lose(late_of(store, NULL));
    __real_store_memory_forget(store, commits);
}
