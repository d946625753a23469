using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Tests.Histories;
using Xunit;

namespace Switchyard.Core.Tests.Plans;

public class PlanTests
{
    [Theory]
    [InlineData(ConditionOp.EqualTo, "12", "12", true)]
    [InlineData(ConditionOp.EqualTo, "12.0", "12", false)]
    [InlineData(ConditionOp.EqualTo, "true", "true", true)]
    [InlineData(ConditionOp.EqualTo, "True", "true", false)]
    [InlineData(ConditionOp.NotEqual, "a", "b", true)]
    [InlineData(ConditionOp.NotEqual, "a", "a", false)]
    [InlineData(ConditionOp.GreaterThan, "10", "9", true)]
    [InlineData(ConditionOp.GreaterThan, "9", "9", false)]
    [InlineData(ConditionOp.GreaterThanOrEqual, "12.0", "12", true)]
    [InlineData(ConditionOp.LessThan, "-1e3", "0.5", true)]
    [InlineData(ConditionOp.LessThanOrEqual, "2", "1", false)]
    [InlineData(ConditionOp.GreaterThan, "1,5", "1", null)]
    [InlineData(ConditionOp.LessThan, "1", "one", null)]
    [InlineData(ConditionOp.LessThan, "", "1", null)]
    [InlineData(ConditionOp.LessThan, "NaN", "1", null)]
    public void Equality_compares_texts_and_order_compares_numbers(ConditionOp op, string left, string right, bool? outcome)
    {
        Assert.Equal(outcome, Conditions.Evaluate(op, left, right, out var problem));
        Assert.Equal(outcome is null, problem is not null);
    }

    [Theory]
    [InlineData("1", TaskState.Ready, TaskState.Skipped)]
    [InlineData("2", TaskState.Skipped, TaskState.Ready)]
    public void A_condition_takes_one_branch_and_excludes_the_other(string left, TaskState yes, TaskState no)
    {
        var play = new Play(Sketch.Plan(
            Sketch.Condition("c", ConditionOp.EqualTo, left, "1"),
            Sketch.Task("yes") with { DependsOn = [new Dependency(0, true)] },
            Sketch.Task("no") with { DependsOn = [new Dependency(0, false)] }));
        Assert.Equal((yes, no, left == "1"), (play["yes"], play["no"], play.Of("c").Branch));
    }

    [Fact]
    public void What_is_empty_in_a_plan_stays_empty_when_it_is_written_and_read()
    {
        var plan = Sketch.Plan(Sketch.Task("a") with { Instances = 0, Needs = Resources.None, Completion = new CompletionPolicy(null, null, true) });
        var read = PlanText.Read(PlanText.Write(plan)).Tasks[0];
        Assert.Equal((0, Resources.None, new CompletionPolicy(null, null, true)), (read.Instances, read.Needs, read.Completion));
    }

    [Fact]
    public void A_plan_of_everything_reads_as_it_was_written()
    {
        var nested = new CommandAction
        {
            Arguments = [Binding.Of(new Reference(ReferenceKind.Input, null, "k"))],
            Environment = new Dictionary<string, Binding> { ["A"] = Binding.Literal("b") },
            Files = new Dictionary<string, Binding> { ["f"] = Binding.Literal("text") },
            WorkingDirectory = Binding.Literal("/w"),
            TaskFile = new TaskFile("notebook", "/p", "f.py", new Dictionary<string, Binding>(), [Binding.Literal("x")]),
            GraceMs = 5,
        };
        var plan = Sketch.Plan(
            Sketch.Condition("c", ConditionOp.LessThan, "1", "2"),
            Sketch.ForEach("f", "[1]", 3, nested) with { DependsOn = [new Dependency(0, false)], Uses = ["k"], Retry = new RetryPolicy(-1, 5, true) }) with
        {
            Allocations = [new Allocation("k", false, true, CommandAction.Of("serve"), "a service")],
            Parameters = new Dictionary<string, string> { ["p"] = "v" },
            Rounds = new RoundPolicy(-1, true, true, 7) { FreeExitCodes = [205] },
        };
        var text = PlanText.Write(plan);
        var read = PlanText.Read(text);
        Assert.Equal(text, PlanText.Write(read));
        Assert.False(read.Tasks[1].DependsOn[0].Outcome);
        Assert.Equal("k", Assert.IsType<CommandAction>(Assert.IsType<ForEachAction>(read.Tasks[1].Action).Each).Arguments[0].Segments[0].Reference!.Name);
    }

    [Theory]
    [InlineData(ReferenceKind.Parameter, null, "p", "v")]
    [InlineData(ReferenceKind.Parameter, null, "q", null)]
    [InlineData(ReferenceKind.TaskValue, "a", "n", "5")]
    [InlineData(ReferenceKind.TaskValue, "a", "s", "text")]
    [InlineData(ReferenceKind.TaskValue, "a", "missing", null)]
    [InlineData(ReferenceKind.TaskValue, "nobody", "n", null)]
    [InlineData(ReferenceKind.TaskState, "a", null, "Succeeded")]
    [InlineData(ReferenceKind.TaskState, "a", "Succeeded=success,Failed=failed", "success")]
    [InlineData(ReferenceKind.TaskState, "f", null, null)]
    [InlineData(ReferenceKind.TaskAttemptId, "a", null, "1001")]
    [InlineData(ReferenceKind.TaskAttemptNumber, "a", null, "2")]
    [InlineData(ReferenceKind.Input, null, null, """{"k":{"x":"deep"},"n":1}""")]
    [InlineData(ReferenceKind.Input, null, "k.x", "deep")]
    [InlineData(ReferenceKind.Input, null, "n", "1")]
    [InlineData(ReferenceKind.Input, null, "n.x", null)]
    [InlineData(ReferenceKind.AttemptNumber, null, null, "1")]
    [InlineData(ReferenceKind.TaskKey, null, null, "f")]
    [InlineData(ReferenceKind.InstanceIndex, null, null, "0")]
    [InlineData(ReferenceKind.RunId, null, null, "42")]
    [InlineData(ReferenceKind.JobId, null, null, "7")]
    [InlineData(ReferenceKind.JobName, null, null, "nightly")]
    [InlineData(ReferenceKind.TriggerKind, null, null, "cron")]
    [InlineData(ReferenceKind.RepairCount, null, null, "0")]
    [InlineData(ReferenceKind.StartTime, null, "iso_date", "2026-01-02")]
    [InlineData(ReferenceKind.StartTime, null, "iso_weekday", "5")]
    [InlineData(ReferenceKind.StartTime, null, "is_weekday", "true")]
    [InlineData(ReferenceKind.StartTime, null, "timestamp_ms", "1767323045000")]
    [InlineData(ReferenceKind.StartTime, null, "fortnight", null)]
    [InlineData(ReferenceKind.TriggerTime, null, "hour", "1")]
    [InlineData(ReferenceKind.Python, null, "notebook", "from the node")]
    public void References_resolve_to_what_is_known_when_an_attempt_starts(ReferenceKind kind, string? task, string? name, string? value)
    {
        var head = new RunHead { Id = 42, JobId = 7, JobName = "nightly", TriggerKind = "cron", CreatedAt = Judge.Start, TriggeredAt = Judge.Start - TimeSpan.FromHours(2) };
        var plan = Sketch.Plan(
            Sketch.Task("a") with { Retry = new RetryPolicy(1) },
            Sketch.ForEach("f", """[{"k":{"x":"deep"},"n":1}]""", 1) with { DependsOn = [new Dependency(0)] }) with
        { Parameters = new Dictionary<string, string> { ["p"] = "v" } };
        var values = new Dictionary<string, string> { ["n"] = "5", ["s"] = "\"text\"" };
        var play = new Play(plan, head).Does("a", 1).Does("a", 0, 0, new TaskOutcome(null, false, values, null, null, null));
        var found = new RunValues(play.Run, play.Of("f"), _ => "from the node").Find(new Reference(kind, task, name));
        Assert.Equal(value, found);
    }

    [Fact]
    public void A_text_with_an_unknown_reference_is_refused_with_its_name()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a")));
        var binding = new Binding([new Segment("x-"), new Segment(null, new Reference(ReferenceKind.Parameter, null, "gone"))]);
        Assert.Null(binding.Resolve(new RunValues(play.Run, play.Of("a"), null), out var problem));
        Assert.Equal("Parameter 'gone' is not known", problem);
        Assert.Equal("", Binding.Literal("").Resolve(new RunValues(play.Run, play.Of("a"), null), out problem));
        Assert.Null(problem);
    }
}
