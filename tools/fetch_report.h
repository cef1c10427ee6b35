#ifndef WEIGHBRIDGE_TOOLS_FETCH_REPORT_H_
#define WEIGHBRIDGE_TOOLS_FETCH_REPORT_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fetch/check.h"
#include "fetch/fetch_file.h"
#include "fetch/lock/wanted_weights.h"
#include "fetch/resolve.h"
#include "proto/weights_lock.pb.h"

namespace weighbridge {

// What came of each file, as lines while it goes on or as one JSON object at the end.
class FetchReport {
 public:
  FetchReport(bool json, bool quiet, std::ostream& out) : json_(json), quiet_(quiet), out_(out) {}

  // Files come in the lock's order. A failure is a line on stderr.
  void Add(const FileTask& task, const absl::StatusOr<FetchedFile>& result);

  // All is there; `steps` are what the user can do next.
  void Finish(const NextSteps& steps);

 private:
  const bool json_;
  const bool quiet_;
  std::ostream& out_;
  std::string rows_;  // Of JSON.
  int64_t files_ = 0;
  int64_t bytes_ = 0;
  int64_t received_ = 0;
  int64_t unverified_ = 0;
};

// What would be fetched: each file with size and hash, and `needed`, how many bytes of it are not there yet.
void PrintPlan(const std::vector<FileTask>& tasks, const std::vector<int64_t>& needed, bool json, std::ostream& out);

void PrintFindings(const WeightsLock& lock, const std::vector<CheckFinding>& findings, bool json, std::ostream& out);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_FETCH_REPORT_H_
