namespace Switchyard.Cloudera.Tests;

/// <summary>The start call: who may, with what, and what comes of anything else.</summary>
public sealed class StartTests(SharedMl shared) : IClassFixture<SharedMl>
{
    [Fact]
    public async Task Nothing_but_JSON_starts_a_run_and_an_empty_body_is_no_override()
    {
        await using var ml = await Ml.Start();
        var job = await ml.Script("a.sh", "echo \"[$A]\"\n", ""","environment":{"A":"job"}""");
        var start = $"{Ml.Jobs}/{job}/start";
        foreach (var type in new[] { null, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "nonsense" })
        {
            var refused = await ml.Call("POST", start, """{"environment":{}}""", type: type);
            refused.Is(415);
            Assert.NotEmpty(refused.Message!);
        }

        Assert.Null((await ml.Call("GET", $"{Ml.Jobs}/{job}")).Ok()["latest"]);
        foreach (var body in new[] { null, "", " ", "{}", """{"environment":{}}""", """{"environment":null,"other":1}""" })
        {
            var started = await ml.Call("POST", start, body, type: "Application/JSON; charset=UTF-8");
            Assert.Equal("[job]\n", await ml.Output(started.Ok()["engine_id"]!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task The_later_of_global_project_job_and_run_wins_and_the_platforms_variables_are_there()
    {
        await using var ml = await Ml.Start(("CLOUDERA_ENVIRONMENT", "A=global;B=global;C=global;D=global"));
        (await ml.Call("PUT", "/api/v1/projects/alice/risk-analysis/environment", """{"B":"project","C":"project","D":"project"}""")).Is(204);
        Assert.Equal("""{"B":"project","C":"project","D":"project"}""", (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis/environment", "{}")).Ok().ToJsonString());
        var job = await ml.Script(
            "a.sh", "echo $A $B $C $D $CDSW_PROJECT $CDSW_CREATOR $CDSW_MASTER_ID $CDSW_ENGINE_ID ${CDSW_PROJECT_URL##*/api/} $PWD $X\n", ""","environment":{"C":"job","D":"job"}""");
        var engine = await ml.Start(job, """{"environment":{"D":"run","CDSW_MASTER_ID":"mine","X":"ü $(id) \" '"}}""");
        Assert.Equal(
            "Warning: this run was started with its own CDSW_MASTER_ID; the script gets what was sent, not what other runs get.\n" +
            $"global project job run risk-analysis alice mine {engine} v1/projects/alice/risk-analysis {ml.Yard.Data}/projects/alice/risk-analysis ü $(id) \" '\n", await ml.Output(engine));
    }

    [Fact]
    public async Task An_override_of_a_crucial_variable_is_honoured_and_the_output_says_so()
    {
        await using var ml = await Ml.Start();
        var job = await ml.Script("a.sh", "echo \"$PATH $CDSW_PROJECT\"\n", ""","environment":{"PATH":"/job/bin"}""");
        Assert.Equal("/job/bin risk-analysis\n", await ml.Output(await ml.Start(job)));
        Assert.Equal(
            "Warning: this run was started with its own CDSW_PROJECT, CDSW_X y, PATH; the script gets what was sent, not what other runs get.\n/usr/bin:/bin other\n",
            await ml.Output(await ml.Start(job, """{"environment":{"PATH":"/usr/bin:/bin","CDSW_PROJECT":"other","CDSW_X\ny":"1","MY_CDSW_X":"2"}}""")));
        var many = string.Join(',', Enumerable.Range(10, 15).Select(no => $"\"CDSW_{no}\":\"\""));
        Assert.Contains("CDSW_18, CDSW_19 and 5 more;", await ml.Output(await ml.Start(job, $$$"""{"environment":{{{{many}}}}}""")));
    }

    [Fact]
    public async Task A_key_opens_what_is_its_owners_and_nothing_else()
    {
        await using var ml = await Ml.Start();
        var job = await ml.Script("a.sh", "true\n");
        var start = $"{Ml.Jobs}/{job}/start";
        (await ml.CallBasic("POST", start, null, Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(ml.Key)))).Is(200);
        (await ml.Call("POST", start, pair: "alice:password of alice")).Is(200);
        (await ml.Call("POST", start, pair: $"admin:{OpenPai.Tests.Yard.Password}")).Is(200);
        foreach (var pair in new[] { new string('a', 32) + ":", ml.Key + ":x", "alice:" + ml.Key, "alice:wrong password", ":", ml.Key[..31] + ":" })
        {
            var refused = await ml.Call("POST", start, pair: pair);
            refused.Is(401);
            Assert.NotEmpty(refused.Message!);
        }

        var bob = await ml.Reveal("bob", await ml.Yard.User("bob"));
        var foreign = await ml.Call("POST", start, pair: bob + ":");
        foreign.Is(403);
        Assert.NotEmpty(foreign.Message!);
        foreach (var path in new[] { $"{Ml.Jobs}/999/start", $"{Ml.Jobs}/x/start", $"{Ml.Jobs}/99999999999999999999/start", "/api/v1/projects/alice/none/jobs/1/start", "/api/v1/projects/nobody/x/jobs/1/start", "/api/v1/projects/a/b/c/d" })
        {
            var missing = await ml.Call("POST", path);
            missing.Is(404);
            Assert.NotEmpty(missing.Message!);
        }
    }

    [Theory]
    [InlineData("""{"environment":{"A":1}}""")]
    [InlineData("""{"environment":{"A":null}}""")]
    [InlineData("""{"environment":{"A":{"B":"c"}}}""")]
    [InlineData("""{"environment":["A"]}""")]
    [InlineData("""{"environment":"A=1"}""")]
    [InlineData("""{"environment":{"A=B":"1"}}""")]
    [InlineData("""{"environment":{"":"1"}}""")]
    [InlineData("""{"environment":{"A":"\u0000"}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"environment":""")]
    [InlineData("big")]
    public async Task What_is_no_map_of_texts_is_refused(string body)
    {
        var ml = shared.Ml;
        var job = await ml.Script("a.sh", "true\n");
        var refused = await ml.Call("POST", $"{Ml.Jobs}/{job}/start", body == "big" ? $$$"""{"environment":{"A":"{{{new string('x', 1_000_000)}}}"}}""" : body);
        refused.Is(400);
        Assert.NotEmpty(refused.Message!);
        Assert.Null((await ml.Call("GET", $"{Ml.Jobs}/{job}")).Ok()["latest"]);
    }

    [Fact]
    public async Task A_user_has_one_key_for_good_unless_an_administrator_revokes_it()
    {
        await using var ml = await Ml.Start();
        Assert.Matches("^[a-z0-9]{32}$", ml.Key);
        Assert.Equal(ml.Key, await ml.Reveal());
        (await ml.Yard.Send("POST", "/api/yard/v1/me/api-key", """{"password":"wrong password"}""", ml.Token)).Is(403);
        (await ml.Yard.Send("POST", "/api/yard/v1/me/api-key", "{}", ml.Token)).Is(400);
        (await ml.Yard.Send("DELETE", "/api/yard/v1/users/alice/api-key", null, ml.Token)).Is(403);

        var file = Path.Join(ml.Yard.Data, "api-keys.secret");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file));
        foreach (var database in Directory.GetFiles(ml.Yard.Data, "switchyard.db*"))
        {
            await using var open = new FileStream(database, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(ml.Key, await text.ReadToEndAsync());
        }

        await ml.Yard.KillAndRestart();
        Assert.Equal(ml.Key, await ml.Reveal());
        (await ml.Call("GET", Ml.Jobs)).Is(200);
        (await ml.Yard.Send("DELETE", "/api/yard/v1/users/alice/api-key")).Is(204);
        (await ml.Call("GET", Ml.Jobs)).Is(401);
        Assert.NotEqual(ml.Key, await ml.Reveal());
    }
}
