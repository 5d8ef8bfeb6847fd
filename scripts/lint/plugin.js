/** The rules of this repository that no published lint rule expresses. Loaded by `.oxlintrc.json`. */
import { explainedSuppression } from './explained.js';
import { layers } from './layers.js';
import { seams } from './seams.js';

export default {
  meta: { name: 'evermesh' },
  rules: { layers, seams, 'explained-suppression': explainedSuppression },
};
