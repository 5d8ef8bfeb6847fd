/** A few files to begin with: texts to edit on both sides, a directory to move, and something that is no text. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const POEM = `The Owl and the Pussy-cat went to sea
  In a beautiful pea-green boat,
They took some honey, and plenty of money,
  Wrapped up in a five-pound note.

                        Edward Lear
`;

const TO_DO = `# To do

- water the plants
- call Anna
- take the relay away, and add a line here and another one on the desktop
`;

const RECIPE = `# Pancakes

2 eggs, 250 ml milk, 125 g flour, a pinch of salt.
Whisk, wait twenty minutes, fry in butter.
`;

/** A picture of 5 by 5 pixels, as small as they come: it is kept whole, never merged. */
const HEART = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHUlEQVR42mNgAIILCg7/kWkwAx1jF0RXzYAMkAUA3Q4i8d0qAtwAAAAASUVORK5CYII=',
  'base64',
);

const FILES = {
  'poem.txt': POEM,
  'to do.md': TO_DO,
  'recipes/pancakes.md': RECIPE,
  'pictures/heart.png': HEART,
};

/** Fills the directory, unless it was there before: then it is a person's. */
export async function seed(directory) {
  await mkdir(dirname(directory), { recursive: true });
  try {
    await mkdir(directory);
  } catch (error) {
    if (error.code === 'EEXIST') return;
    throw error;
  }
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}
