/*
 * The pack of a node that is not granted yet: its own proposal, with which it works until the
 * hub's arrives. Source: SPEC.md "Packs".
 */
#ifndef HOSO_CLIENT_REPLICA_INVITE_H
#define HOSO_CLIENT_REPLICA_INVITE_H

#include "client/replica/state.h"

/*
 * [writer] Once this node is granted and a pack is in force, its own proposal has served: it is
 * dropped where others brought the same pack, else published, since cases of this node name it.
 */
CHECK_RESULT enum status pack_settle(struct replica *replica);

#endif
