// LeakSanitizer can't see the pointers that V8 keeps in its own pages. Only V8's frames are
// excused; a leak of ours is one still.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:v8::internal::\n";
}
