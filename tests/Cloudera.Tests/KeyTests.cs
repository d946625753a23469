namespace Switchyard.Cloudera.Tests;

/// <summary>Tasks have their user's API key, and what they write has not.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task A_script_calls_the_API_with_its_users_key_which_its_output_does_not_show()
    {
        await using var ml = await Ml.Start();
        var job = await ml.Script("a.py", """
            import base64, json, os, urllib.request
            print("key", os.environ["CDSW_API_KEY"])
            request = urllib.request.Request(os.environ["CDSW_PROJECT_URL"])
            request.add_header("Authorization", "Basic " + base64.b64encode((os.environ["CDSW_API_KEY"] + ":").encode()).decode())
            print(json.load(urllib.request.urlopen(request))["name"])
            request = urllib.request.Request(os.environ["CDSW_API_URL"].replace("v1", "v2") + "/projects", headers={"Authorization": "Bearer " + os.environ["CDSW_APIV2_KEY"]})
            print(json.load(urllib.request.urlopen(request))["projects"][0]["name"])
            """);
        var engine = await ml.Start(job);
        Assert.Equal("key [REDACTED]\nRisk Analysis\nRisk Analysis\n", await ml.Output(engine));

        // It stands neither in the database nor in the job as anybody reads it, and a run may have another.
        foreach (var file in Directory.GetFiles(ml.Yard.Data, "switchyard.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(ml.Key, await text.ReadToEndAsync());
        }

        var own = await ml.Script("b.sh", "echo $CDSW_API_KEY\n");
        Assert.EndsWith("\nmine\n", await ml.Output(await ml.Start(own, """{"environment":{"CDSW_API_KEY":"mine"}}""")));
        await ml.Yard.KillAndRestart();
        Assert.Equal("[REDACTED]\n", await ml.Output(await ml.Start(own)));
        (await ml.Yard.Send("DELETE", "/api/yard/v1/users/alice/api-key")).Is(204);
        // The next run makes another, as a look-up would.
        var started = (await ml.Call("POST", $"{Ml.Jobs}/{own}/start", pair: "alice:password of alice")).Ok()["engine_id"]!.GetValue<string>();
        Assert.Equal("[REDACTED]\n", await ml.Output(started));
        Assert.NotEqual(ml.Key, await ml.Reveal());
    }

    [Fact]
    public async Task A_teams_job_has_nobodys_key()
    {
        await using var ml = await Ml.Start();
        (await ml.Yard.Send("POST", "/api/yard/v1/teams", """{"name":"risk"}""", ml.Token)).Is(201);
        (await ml.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"p","owner":"risk"}""", ml.Token)).Is(201);
        (await ml.Yard.Send("PUT", "/api/yard/v1/projects/risk/p/files/a.sh", "echo [$CDSW_API_KEY]\n", ml.Token, "text/plain")).Is(204);
        var made = await ml.Call("POST", "/api/v1/projects/risk/p/jobs", """{"name":"a","script":"a.sh"}""");
        var engine = (await ml.Call("POST", $"/api/v1/projects/risk/p/jobs/{made.Json["id"]}/start")).Ok()["engine_id"]!.GetValue<string>();
        Assert.Equal("[]\n", await ml.Output(engine));
    }
}
