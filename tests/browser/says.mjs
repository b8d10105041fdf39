import assert from 'node:assert/strict';

export function says(text, words, what) {
  assert.ok(words.test(text), `${what} should say ${words}, but says:\n${text.slice(0, 900)}`);
}
