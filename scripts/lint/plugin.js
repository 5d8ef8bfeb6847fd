/** The rules of this repository that no published lint rule expresses. Loaded by `.oxlintrc.json`. */
import { namedDocuments } from './documents.js';
import { explainedSuppression } from './explained.js';
import { layers } from './layers.js';
import { oracles } from './oracles.js';
import { seams } from './seams.js';

export default {
  meta: { name: 'evermesh' },
  rules: {
    layers,
    seams,
    oracles,
    'named-documents': namedDocuments,
    'explained-suppression': explainedSuppression,
  },
};
