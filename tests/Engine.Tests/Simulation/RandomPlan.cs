using Switchyard.Core.Plans;

namespace Switchyard.Engine.Tests.Simulation;

/// <summary>Small plans of everything the engine moves.</summary>
internal static class RandomPlan
{
    public static Plan Of(Random random, long childJob)
    {
        var tasks = new List<PlanTask>();
        for (var no = random.Next(1, 7); no > 0; no--)
            tasks.Add(Task(random, tasks, childJob));
        var hasForEach = tasks.Any(task => task.Action is ForEachAction);
        return new Plan
        {
            Tasks = tasks,
            OnFailure = random.Next(4) == 0 ? FailurePolicy.FailFast : FailurePolicy.ContinueIndependent,
            End = random.Next(2) == 0 ? EndRule.All : EndRule.Leaves,
            Rounds = !hasForEach && random.Next(6) == 0 ? new RoundPolicy(1, true, ResourceDelayMs: 5_000) : RoundPolicy.None,
            Gang = random.Next(10) == 0,
        };
    }

    private static PlanTask Task(Random random, List<PlanTask> before, long childJob)
    {
        PlanAction action = random.Next(12) switch
        {
            0 => new ConditionAction(ConditionOp.EqualTo, Binding.Literal(random.Next(2) == 0 ? "1" : "2"), Binding.Literal("1")),
            1 => new ForEachAction(Binding.Literal("[1,2,3]"), random.Next(3), CommandAction.Of("each")),
            2 => new RunJobAction(childJob, new Dictionary<string, Binding>()),
            3 => new ForEachAction(Binding.Literal("[1,2]"), 1, new RunJobAction(childJob, new Dictionary<string, Binding>())),
            _ => CommandAction.Of("work"),
        };
        return new PlanTask
        {
            Key = $"t{before.Count}",
            Action = action,
            DependsOn = [.. Enumerable.Range(0, before.Count).Where(_ => random.Next(3) == 0)
                .Select(no => new Dependency(no, before[no].Action is ConditionAction && random.Next(2) == 0 ? true : null))],
            RunIf = random.Next(4) == 0 ? RunIf.AllDone : RunIf.AllSuccess,
            Instances = action is CommandAction && random.Next(5) == 0 ? 3 : 1,
            Retry = random.Next(3) == 0 ? new RetryPolicy(random.Next(1, 3), random.Next(2) * 20_000L, random.Next(2) == 0) : RetryPolicy.None,
            TimeoutMs = random.Next(4) == 0 ? 30_000 : 0,
        };
    }
}
