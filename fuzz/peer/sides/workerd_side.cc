#include "fuzz/peer/sides/workerd_side.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sigproof::peer {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPollInterval{5};
constexpr int kExecFailed = 127;
constexpr long kHttpOk = 200;

// An address that no path can name: nothing is left of it when the process is gone.
std::string nextSocketName() {
  static unsigned count = 0;
  return fmt::format("sigproof-peer-{}-{}", getpid(), ++count);
}

// npm's version says more than the program's own: it is what the lock file pins.
std::string versionOf(const fs::path& program) {
  std::ifstream file(program.parent_path().parent_path() / "package.json");
  const auto package = nlohmann::json::parse(file, nullptr, false);
  const bool is_known = package.is_object() && package.contains("version");
  return "workerd " + (is_known ? package["version"].get<std::string>() : "of unknown version");
}

int execute(const fs::path& program, const fs::path& config, const std::string& socket_name) {
  execl(program.c_str(), program.c_str(), "serve", "--experimental", config.c_str(),
        ("--socket-addr=batches=unix-abstract:" + socket_name).c_str(), nullptr);
  fmt::print(stderr, "{} can't be run: {}\n", program.string(),
             std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): one thread
  return kExecFailed;
}

std::size_t takeAnswer(const char* data, std::size_t size, std::size_t count, void* text) noexcept {
  try {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

}  // namespace

fs::path defaultWorkerd() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nothing changes the environment
  if (const char* named = std::getenv("SIGPROOF_WORKERD")) return named;
  return fs::path(SIGPROOF_PEER_FOLDER) / "node_modules/@cloudflare/workerd-linux-64/bin/workerd";
}

fs::path defaultWorkerdConfig() {
  return fs::path(SIGPROOF_PEER_FOLDER) / "sides" / "workerd.capnp";
}

WorkerdSide::WorkerdSide(Options options)
    : options_(std::move(options)), version_(versionOf(options_.program)) {
  start();
}

WorkerdSide::~WorkerdSide() = default;

bool WorkerdSide::isListening() const {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The first byte stays 0: the abstract namespace.
  std::memcpy(address.sun_path + 1, socket_name_.data(), socket_name_.size());
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + socket_name_.size());
  const bool is_connected =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  close(descriptor);
  return is_connected;
}

void WorkerdSide::start() {
  socket_name_ = nextSocketName();
  child_.emplace([this] { return execute(options_.program, options_.config, socket_name_); });
  const auto end = std::chrono::steady_clock::now() + options_.start_time_limit;
  while (!isListening()) {
    const bool is_late = std::chrono::steady_clock::now() > end;
    if (child_->hasEnded() || is_late) {
      throw std::runtime_error(
          fmt::format("{} does not start: it {}", version_, child_->endText()));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  curl_.reset(curl_easy_init());
  if (curl_ == nullptr) throw std::runtime_error("libcurl can't be started");
  curl_easy_setopt(curl_.get(), CURLOPT_ABSTRACT_UNIX_SOCKET, socket_name_.c_str());
  curl_easy_setopt(curl_.get(), CURLOPT_URL, "http://peer/");
  curl_easy_setopt(curl_.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
  // Else libcurl waits for leave to send a large batch.
  headers_.reset(curl_slist_append(nullptr, "Expect:"));
  curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(curl_.get(), CURLOPT_WRITEFUNCTION, &takeAnswer);
}

void WorkerdSide::restart() { start(); }

void WorkerdSide::send(const Batch& batch) { request_ = toRequest(batch); }

std::string WorkerdSide::receive(std::chrono::milliseconds time_limit) {
  std::string response;
  std::array<char, CURL_ERROR_SIZE> reason{};
  CURL* curl = curl_.get();
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request_.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(time_limit.count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason.data());
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    throw SideDied(fmt::format("hung: no answer within {} ms", time_limit.count()));
  }
  if (code != CURLE_OK) {
    // It takes a moment from the end of a connection to that of its process.
    for (int i = 0; i < 20 && !child_->hasEnded(); ++i) std::this_thread::sleep_for(kPollInterval);
    throw SideDied(child_->hasEnded() ? child_->endText()
                                      : fmt::format("can't be asked: {}", reason.data()));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != kHttpOk) {
    constexpr std::size_t kShown = 120;
    throw SideDied(
        fmt::format("answered with HTTP status {}: {}", status, response.substr(0, kShown)));
  }
  return response;
}

}  // namespace sigproof::peer
