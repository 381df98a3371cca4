/** What the participants said, as a stenographer would have it: the input of `emotion_detection`. */
export const transcript = {
  host: ['Thanks everybody, great work this week.', 'I am very happy with the demo, it was excellent.', 'Are we ready for Friday?'],
  analyst: ['The numbers are fine.', 'There is a risk in the second quarter.', 'I am not worried, the plan is solid.'],
  guest: ['I am really frustrated, the call was terrible.', 'The sound was broken and nobody could help.', 'That is unacceptable.'],
} as const;
