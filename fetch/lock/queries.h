#ifndef WEIGHBRIDGE_FETCH_LOCK_QUERIES_H_
#define WEIGHBRIDGE_FETCH_LOCK_QUERIES_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "fetch/address/uri.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// The queries of a run's addresses, by the address without: signatures and tokens stand there, so they are kept in memory alone.
using Queries = std::map<std::string, std::string>;

// Moves the query of one address into `queries`. InvalidArgument: the address has another one there already.
absl::Status TakeQuery(Uri& uri, Queries& queries);

// Moves the queries out of all addresses of `lock`; had_query says afterwards of which file one was. InvalidArgument: something that is
// not an address, or two addresses that differ only in their queries.
absl::Status TakeQueries(WeightsLock& lock, Queries& queries);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_FETCH_LOCK_QUERIES_H_
