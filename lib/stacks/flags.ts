// Feature flags of CDK: all that it recommends, but one.
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };

export const FLAGS: Readonly<Record<string, unknown>> = Object.freeze({
  ...recommended,
  // A strong reference keeps the foundation from being deleted under the batch; a weak one would not.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
});
