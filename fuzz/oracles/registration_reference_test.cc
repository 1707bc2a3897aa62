#include "fuzz/oracles/registration_reference.h"

#include <gtest/gtest.h>

#include <utility>

namespace sigproof::fuzz {
namespace {

using specified::Protocol;
using Outcome = RegistrationOutcome;

constexpr std::uint64_t kTop = ~std::uint64_t{0};

// One memory of 64 bytes, all of them 0.
RegistrationReference makeReference(Protocol protocol, std::size_t max_entries = 10) {
  RegistrationReference reference(protocol, max_entries);
  reference.addMemory({.length = 64, .pieces = {{0, std::vector<std::uint8_t>(64)}}});
  return reference;
}

Outcome add(RegistrationReference& reference, std::optional<std::uint64_t> signal,
            std::optional<std::uint64_t> terminated) {
  return reference.add({.memory = 0, .signal = signal, .terminated = terminated}, false);
}

TEST(RegistrationReference, R3_AWordLiesInsideUpToTheLastByteAndNoFurther) {
  RegistrationReference reference = makeReference(Protocol::kAddress);
  EXPECT_EQ(add(reference, 60, 0), Outcome::kRegistered);
  EXPECT_EQ(add(reference, 61, 0), Outcome::kOutOfBounds);
  EXPECT_EQ(add(reference, 0, 64), Outcome::kOutOfBounds);
  EXPECT_EQ(add(reference, kTop, 0), Outcome::kOutOfBounds);
  EXPECT_EQ(add(reference, kTop - 3, 0), Outcome::kOutOfBounds);
}

TEST(RegistrationReference, R4_WordsOverlapUpToThreeBytesApartAlsoAtTheEndOfTheNumbers) {
  EXPECT_TRUE(doWordsOverlap(8, 8));
  EXPECT_TRUE(doWordsOverlap(8, 11));
  EXPECT_TRUE(doWordsOverlap(11, 8));
  EXPECT_FALSE(doWordsOverlap(8, 12));
  EXPECT_FALSE(doWordsOverlap(12, 8));
  EXPECT_FALSE(doWordsOverlap(kTop, 0));
  EXPECT_TRUE(doWordsOverlap(kTop, kTop - 3));
}

TEST(RegistrationReference, R6_ATerminatedWordThatIsNotZeroCountsUnderTheAddressProtocolOnly) {
  RegistrationReference address = makeReference(Protocol::kAddress);
  address.write(0, 8, 0x01000000);
  EXPECT_EQ(add(address, 0, 8), Outcome::kAlreadyTerminated);
  RegistrationReference instance = makeReference(Protocol::kInstance);
  instance.write(0, 8, 0x01000000);
  EXPECT_EQ(add(instance, 0, 8), Outcome::kRegistered);
}

TEST(RegistrationReference, R9_DeadEntriesMakeRoom) {
  RegistrationReference reference = makeReference(Protocol::kAddress, 1);
  EXPECT_EQ(add(reference, 0, 8), Outcome::kRegistered);
  EXPECT_EQ(add(reference, 16, 24), Outcome::kTooManyEntries);
  reference.write(0, 8, 1);
  EXPECT_EQ(add(reference, 16, 24), Outcome::kRegistered);
}

TEST(RegistrationReference, D2_DeadIsStickyOnceItWasSeen) {
  RegistrationReference reference = makeReference(Protocol::kAddress);
  add(reference, 0, 8);
  EXPECT_EQ(reference.deliver(), 1U);
  EXPECT_EQ(reference.read(0, 0), 24U);
  reference.write(0, 8, 5);
  EXPECT_EQ(reference.renew(), 0U);
  reference.write(0, 8, 0);
  EXPECT_EQ(reference.renew(), 0U);
  EXPECT_EQ(reference.read(0, 0), 24U);
}

TEST(RegistrationReference, D6_AWarningIsALevelThatARenewalClears) {
  RegistrationReference reference = makeReference(Protocol::kAddress);
  add(reference, 0, 8);
  EXPECT_EQ(reference.deliver(0), 1U);
  add(reference, 16, 24);
  EXPECT_EQ(reference.read(0, 16), 24U);
  EXPECT_TRUE(reference.isWarned());
  EXPECT_EQ(reference.renew(), 2U);
  EXPECT_FALSE(reference.isWarned());
  EXPECT_EQ(reference.deliver(0), 0U);
  EXPECT_EQ(reference.deliver(2), 0U);
  EXPECT_EQ(reference.read(0, 0), 0U);
  EXPECT_EQ(reference.deliver(1), 2U);
}

TEST(RegistrationReference, MarkingTerminatedKillsUnderTheAddressProtocolOnly) {
  for (const auto& [protocol, live] :
       {std::pair{Protocol::kAddress, 0U}, std::pair{Protocol::kInstance, 1U}}) {
    RegistrationReference reference = makeReference(protocol);
    add(reference, 0, 8);
    EXPECT_EQ(reference.markTerminated(), 1U);
    EXPECT_EQ(reference.read(0, 8), 1U);
    EXPECT_EQ(reference.deliver(), live);
  }
}

TEST(RegistrationReference, TheInstanceProtocolTakesEitherWordAlone) {
  RegistrationReference reference = makeReference(Protocol::kInstance);
  EXPECT_EQ(add(reference, 4, std::nullopt), Outcome::kRegistered);
  EXPECT_EQ(add(reference, std::nullopt, 12), Outcome::kRegistered);
  EXPECT_EQ(add(reference, std::nullopt, std::nullopt), Outcome::kNotOptedIn);
  RegistrationReference address = makeReference(Protocol::kAddress);
  EXPECT_EQ(add(address, 4, std::nullopt), Outcome::kIncomplete);
}

}  // namespace
}  // namespace sigproof::fuzz
