const { default: Sequencer } = require('@jest/test-sequencer');

/** Rings by how long one of their files takes, the longest first. */
const RINGS = ['e2e', 'integration', 'architecture', 'unit'];

/**
 * Long tests first, so that no worker is left with one when the others are done.
 *
 * Jest goes by how long each took the last time, and where it does not know, as on a new machine, by the size of the
 * file. That says nothing: some of our longest tests are a few lines that start another program.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const ringOf = ({ context }) => RINGS.indexOf(context.config.displayName?.name);
    return super.sort(tests).sort((a, b) => ringOf(a) - ringOf(b));
  }
};
