/*
 * What holds for calls: policies and limit rules.
 */
import { managed } from './managed.ts';

const RULE = { name: 'nights', description: '', priority: 100, enabled: 1, definitionJson: '{}' };

export const policies = managed('policies', RULE);

export const limitRules = managed('limitRules', RULE);
