/**
 * `evermesh/explained-suppression`: a rule is switched off only with the root cause beside it,
 * `// oxlint-disable-next-line no-x -- why this place is different`.
 */
const DIRECTIVE = /^\s*(?:oxlint|eslint)-disable/;

export const explainedSuppression = {
  meta: { type: 'problem', docs: { description: 'A suppressed rule names its reason' } },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (!DIRECTIVE.test(comment.value)) continue;
          if (/\s--\s+\S/.test(comment.value)) continue;
          context.report({
            loc: comment.loc,
            message: `Say why after '--': a suppression names its root cause.`,
          });
        }
      },
    };
  },
};
