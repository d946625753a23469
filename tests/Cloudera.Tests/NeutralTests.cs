using System.Globalization;

namespace Switchyard.Cloudera.Tests;

/// <summary>Jobs of this dialect as the neutral API shows, starts, finds and repairs them.</summary>
public sealed class NeutralTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task A_job_is_found_by_its_ids_and_its_page_started_and_repaired()
    {
        await using var ml = await Ml.Start();
        var shown = await ml.Script("a.sh", "echo $A; test $A = good\n", ""","environment":{"A":"bad"}""");
        var job = (await ml.Yard.Send("GET", $"{Root}/jobs?project=alice/risk-analysis", null, ml.Token)).Ok()["jobs"]![0]!;
        Assert.Equal((shown.ToString(CultureInfo.InvariantCulture), "alice", "risk-analysis"), (job["public_id"]!.GetValue<string>(), job["project"]!["owner"]!.GetValue<string>(), job["project"]!["slug"]!.GetValue<string>()));
        var started = await ml.Yard.Send("POST", $"{Root}/jobs/{job["id"]}/run", """{"parameters":{"A":"good"}}""", ml.Token);
        started.Is(201);
        var run = started.Json["run_id"]!.GetValue<long>();
        var engine = run.ToString("D16", CultureInfo.InvariantCulture);
        Assert.Equal("good\n", await ml.Output(engine));
        Assert.Equal(engine, (await ml.Yard.Get($"{Root}/runs/{run}")).Ok()["public_id"]!.GetValue<string>());

        var failed = await ml.Start(shown);
        Assert.Equal("failed", (await ml.Ended(failed))["state"]!.GetValue<string>());
        (await ml.Yard.Send("POST", $"{Root}/runs/{long.Parse(failed, CultureInfo.InvariantCulture)}/repair", """{"parameters":{"A":"good"}}""", ml.Token)).Is(400);
        (await ml.Yard.Send("POST", $"{Root}/runs/{long.Parse(failed, CultureInfo.InvariantCulture)}/repair", "{}", ml.Token)).Is(201);
        Assert.Equal(1, (await ml.Ended(failed))["revision"]!.GetValue<int>());

        foreach (var (settings, field) in new[] { ("""{"name":"a","script":"a.py"}""", null), ("""{"name":"","script":"a.py"}""", "name"), ("""{"name":"a","script":"a.py","schedule":"x"}""", "schedule") })
        {
            var problems = (await ml.Yard.Send("POST", $"{Root}/settings/check", $$"""{"dialect":"cloudera","settings":{{settings}}}""", ml.Token)).Ok()["problems"]!.AsArray();
            Assert.Equal(field, problems.Count == 0 ? null : problems[0]!["field"]!.GetValue<string>());
        }

        var stranger = await ml.Yard.User("stranger");
        foreach (var (text, list) in new[] { (engine, "runs"), (shown.ToString(CultureInfo.InvariantCulture), "jobs"), ("a.SH", "jobs"), ("risk", "projects") })
        {
            Assert.Single((await ml.Yard.Send("GET", $"{Root}/search?q={text}", null, ml.Token)).Ok()[list]!.AsArray());
            var others = (await ml.Yard.Send("GET", $"{Root}/search?q={text}", null, stranger)).Ok();
            Assert.All(new[] { "jobs", "runs", "projects" }, name => Assert.Empty(others[name]!.AsArray()));
        }

        foreach (var (page, expected) in new[]
        {
            ($"/alice/risk-analysis/jobs/{shown}", $$"""{"kind":"job","job_id":{{job["id"]}},"owner":"alice","slug":"risk-analysis"}"""),
            ("/alice/risk-analysis", """{"kind":"project","owner":"alice","slug":"risk-analysis"}"""),
        })
        {
            Assert.Equal(expected, (await ml.Yard.Send("GET", $"{Root}/addresses?path={Uri.EscapeDataString(page)}", null, ml.Token)).Ok().ToJsonString());
            (await ml.Yard.Send("GET", $"{Root}/addresses?path={Uri.EscapeDataString(page)}", null, stranger)).Is(404);
        }

        (await ml.Yard.Send("GET", $"{Root}/addresses?path=/alice/risk-analysis/jobs/99", null, ml.Token)).Is(404);
    }
}
