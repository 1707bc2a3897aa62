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

TEST(RegistrationReference, R9_WhereManyAreListedNotEveryRefusalLooksForTheDead) {
  constexpr std::size_t kEntries = 129;  // two refusals without a look after each in vain
  RegistrationReference reference(Protocol::kAddress, kEntries);
  reference.addMemory({.length = 2048, .pieces = {{0, std::vector<std::uint8_t>(2048)}}});
  for (std::size_t i = 0; i < kEntries; ++i) {
    ASSERT_EQ(add(reference, 8 * i, 8 * i + 4), Outcome::kRegistered);
  }
  EXPECT_EQ(add(reference, 2000, 2004), Outcome::kTooManyEntries);
  reference.collect(0);
  for (int refusal = 0; refusal < 2; ++refusal) {
    EXPECT_EQ(add(reference, 2000, 2004), Outcome::kTooManyEntries);
    EXPECT_EQ(reference.entries().size(), kEntries);
  }
  EXPECT_EQ(add(reference, 2000, 2004), Outcome::kRegistered);
}

TEST(RegistrationReference, R9_UpToSixtyFourEntriesEveryRefusalLooksForTheDead) {
  RegistrationReference reference = makeReference(Protocol::kAddress, 2);
  add(reference, 0, 4);
  add(reference, 8, 12);
  EXPECT_EQ(add(reference, 16, 20), Outcome::kTooManyEntries);
  reference.collect(1);
  EXPECT_EQ(add(reference, 16, 20), Outcome::kRegistered);
}

TEST(RegistrationReference, AnOwnProtocolMayTakeEitherWordAndDieByIt) {
  RegistrationReference reference({.are_both_required = false, .does_word_kill = true}, 10);
  reference.addMemory({.length = 64, .pieces = {{0, std::vector<std::uint8_t>(64)}}});
  EXPECT_EQ(add(reference, 4, std::nullopt), Outcome::kRegistered);
  EXPECT_EQ(add(reference, std::nullopt, 12), Outcome::kRegistered);
  EXPECT_EQ(reference.markTerminated(), 1U);
  reference.dropDead();
  EXPECT_EQ(reference.entries().size(), 1U);
}

TEST(RegistrationReference, D6_ARetirementEndsTheGenerationAndKeepsTheWarning) {
  RegistrationReference reference = makeReference(Protocol::kAddress);
  add(reference, 0, 8);
  reference.deliver();
  reference.retire();
  EXPECT_TRUE(reference.isWarned());
  EXPECT_EQ(reference.read(0, 0), 24U);
  EXPECT_EQ(reference.deliver(0), 0U);
  EXPECT_EQ(reference.deliver(1), 1U);
}

// --- memories that move --------------------------------------------------------------------------

// Two entries in the memory, which then moved to a place of `length` bytes, with its bytes copied.
RegistrationReference makeMoved(std::size_t length) {
  RegistrationReference reference = makeReference(Protocol::kAddress);
  add(reference, 0, 4);
  add(reference, 8, 12);
  reference.moveMemory(0, {.length = length, .pieces = {{0, std::vector<std::uint8_t>(length)}}});
  return reference;
}

TEST(RegistrationReferenceMoves, D3_UntilItFollowsAnEntryIsWrittenInTheOldPlace) {
  RegistrationReference reference = makeMoved(128);
  EXPECT_EQ(reference.placeOf(0), 1U);
  EXPECT_EQ(reference.placeOf(1), 1U);
  EXPECT_EQ(reference.deliver(), 2U);
  EXPECT_EQ(reference.read(0, 0), 24U);
  EXPECT_EQ(reference.read(1, 0), 0U);
  EXPECT_TRUE(reference.follow(1, false));
  EXPECT_EQ(reference.read(1, 0), 24U) << "the level asks for it";
  EXPECT_EQ(reference.read(1, 8), 0U);
  EXPECT_EQ(reference.renew(), 2U);
  EXPECT_EQ(reference.read(1, 0), 0U);
}

TEST(RegistrationReferenceMoves, D3_ARefreshTakesAllLiveEntriesAlongAndNoOther) {
  RegistrationReference reference = makeMoved(128);
  reference.collect(0);
  const auto result = reference.refresh({});
  EXPECT_TRUE(result.is_complete);
  EXPECT_EQ(result.moved, std::vector<std::size_t>{0});
  EXPECT_EQ(reference.entriesOf(0), 1U);
  EXPECT_EQ(reference.entriesOf(1), 1U);
  EXPECT_TRUE(reference.refresh({}).moved.empty());
}

TEST(RegistrationReferenceMoves, R3_ThePlaceMustHoldBothWords) {
  for (const auto& [length, moved] : {std::pair{15U, 1U}, std::pair{16U, 2U}, std::pair{7U, 0U}}) {
    RegistrationReference reference = makeMoved(length);
    EXPECT_EQ(reference.refresh({}).moved.size(), moved) << length;
    EXPECT_EQ(reference.deliver(), 2U);
    EXPECT_EQ(reference.read(0, 8), moved == 2 ? 0U : 24U);
  }
}

TEST(RegistrationReferenceMoves, D2_TheDeadMayMoveAndAreNotWritten) {
  RegistrationReference reference = makeMoved(128);
  reference.write(0, 12, 7);
  reference.write(1, 8, 99);
  EXPECT_TRUE(reference.follow(0, false));
  EXPECT_EQ(reference.read(1, 8), 99U);
  EXPECT_EQ(reference.deliver(), 1U);
}

TEST(RegistrationReferenceMoves, R7_WithoutMemoryForASuccessorTheRestStays) {
  RegistrationReference reference = makeMoved(128);
  EXPECT_FALSE(reference.follow(0, true));
  const auto result = reference.refresh({.failing_successor = 2});
  EXPECT_FALSE(result.is_complete);
  EXPECT_EQ(result.moved, std::vector<std::size_t>{1}) << "the newest first";
  EXPECT_EQ(reference.refresh({}).moved, std::vector<std::size_t>{0});
}

TEST(RegistrationReferenceMoves, R10_WhatACollectionDropsMeanwhileDoesNotMove) {
  RegistrationReference kept = makeMoved(128);
  // At the first question, of entry 1, entry 1 itself goes.
  EXPECT_EQ(kept.refresh({.collects_at = 0, .collected = 1, .drops = false}).moved.size(), 2U);
  RegistrationReference dropped = makeMoved(128);
  EXPECT_EQ(dropped.refresh({.collects_at = 0, .collected = 1, .drops = true}).moved,
            std::vector<std::size_t>{0});
  EXPECT_EQ(dropped.entries().size(), 1U);
  // At the second, entry 1 was asked of already.
  RegistrationReference late = makeMoved(128);
  EXPECT_EQ(late.refresh({.collects_at = 1, .collected = 1, .drops = true}).moved,
            std::vector<std::size_t>{0});
}

TEST(RegistrationReferenceMoves, WordsAreApartOnlyIfTheyAreAtEveryPlace) {
  RegistrationReference reference = makeMoved(128);
  EXPECT_TRUE(reference.areWordsApart(nullptr));
  reference.add({.memory = 1, .signal = 10, .terminated = 20}, false);
  EXPECT_FALSE(reference.areWordsApart(nullptr));
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
