import assert from 'node:assert/strict';
import { loadLexicon, parseLexicon } from '#src/text/lexicon.js';
import { scoreLines } from '#src/text/sentiment.js';

const lexicon = parseLexicon('good joy 2\ngreat joy 3\nbad sadness -2 # a remark\n# a line of its own\nworried fear -2');

describe('the lexicon', () => {
  it('ships with words of both signs for every emotion it names', async () => {
    const shipped = await loadLexicon();
    assert.ok(shipped.size > 50);
    assert.deepEqual(shipped.get('great'), { emotion: 'joy', valence: 3 });
    for (const [word, { emotion, valence }] of shipped) {
      const isPleasant = emotion === 'joy' || emotion === 'trust';
      assert.equal(valence > 0, isPleasant, `${word} is ${emotion} with ${valence}`);
    }
  });

  for (const text of ['good joy', 'good glee 2', 'good joy 0', 'good joy 4', 'good joy 2\ngood joy 2']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseLexicon(text), /line \d of the lexicon/));
  }
});

describe('sentiment', () => {
  const cases: readonly [string, number][] = [
    ['This is good.', 2],
    ['This is bad.', -2],
    ['Good, but bad.', 0],
    ['GREAT!', 3],
    ['really good', 3],
    ['not good', -1],
    ['I am not at all worried', 1],
    ['Not sure. The other thing is good', 2],
    ['The goods arrived', 0],
  ];
  for (const [line, score] of cases) {
    it(`scores ${JSON.stringify(line)} ${score}`, () => assert.equal(scoreLines([line], lexicon).score, score));
  }

  it('means over the lines and names mood and dominant emotion', () => {
    const lines = ['good', 'great', 'bad'];
    assert.deepEqual(scoreLines(lines, lexicon), { score: 1, mood: 'positive', dominant: 'joy', knownWords: 3, lines: 3 });
    assert.deepEqual(scoreLines(['worried', 'bad and worried'], lexicon).dominant, 'fear');
  });

  it('is neutral where it knows no word', () => {
    assert.deepEqual(scoreLines(['the cat sat'], lexicon), { score: 0, mood: 'neutral', dominant: 'none', knownWords: 0, lines: 1 });
    assert.equal(scoreLines([], lexicon).mood, 'neutral');
  });
});
