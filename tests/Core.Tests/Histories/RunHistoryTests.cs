using FsCheck;
using FsCheck.Fluent;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Histories;

public class RunHistoryTests
{
    private const int Tries = 4_000;

    [Fact]
    public void Whatever_happens_a_run_keeps_its_rules_and_ends() => Check(
        history => new World(history).Live().Run.Head.State.IsEnd());

    [Fact]
    public void A_plan_survives_being_written_and_read() => Check(
        history => PlanText.Write(PlanText.Read(PlanText.Write(history.Plan))) == PlanText.Write(history.Plan));

    private static void Check(Func<History, bool> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(Tries), Prop.ForAll(RandomPlans.Histories, property));
}
