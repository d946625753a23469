/** An Orchest job as lists show it, as far as its environments are concerned. */
export interface OrchestJob {
  uuid: string;
  id: number;
  name: string;
  status: string;
  created_time: string;
  pipeline_name: string;
  pipeline_definition?: { steps?: Record<string, { environment?: string }>; services?: Record<string, { image?: string }> };
}

/** Whether the pipeline that a job froze uses an environment, in a step or in a service. */
export function pins(job: OrchestJob, environment: string): boolean {
  const { steps = {}, services = {} } = job.pipeline_definition ?? {};
  return Object.values(steps).some((step) => step.environment === environment) || Object.values(services).some((service) => service.image === `environment@${environment}`);
}
