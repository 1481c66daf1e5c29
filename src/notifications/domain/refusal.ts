/** What an answer comes to whose words count for more than its status. */
export interface Refusal {
  readonly kind: 'retry' | 'rejected';
  /** Without secrets. */
  readonly reason: string;
}
