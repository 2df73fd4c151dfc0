// A run computed again beside its records, and two runs beside each other.

export {
  compareContributions,
  compareTrajectories,
  type CommonTrajectory,
  type LinkComparison,
  type NodeComparisonOfRuns,
  type NodeOrigin,
} from './bisection.js';
export { describeNode, shortDigest, verdictOf, type Finding, type FindingType, type Verdict } from './finding.js';
export { recordsByStep, type JobRecord, type StepRecords } from './step-records.js';
export { findingLimit, Verification, type VerificationOptions } from './verification.js';
