namespace Switchyard.Cloudera.Tests;

/// <summary>A project whose files lie in a directory elsewhere.</summary>
public sealed class MountTests : IDisposable
{
    private const string Files = "/api/yard/v1/projects/alice/elsewhere/files";

    private readonly string _mount = Directory.CreateTempSubdirectory("yard-mount-").FullName;

    [Fact]
    public async Task A_mounted_directory_is_a_project_like_others_and_stays_when_it_goes()
    {
        await File.WriteAllTextAsync(Path.Join(_mount, "a.sh"), "pwd; cat in/b.txt > out.txt\n");
        await using var ml = await Ml.Start(("PROJECT_MOUNTS", $"alice/elsewhere={_mount}"));
        (await ml.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"Elsewhere"}""", ml.Token)).Is(201);
        (await ml.Yard.Send("PUT", Files + "/in/b.txt", "from here", ml.Token, "text/plain")).Is(204);
        (await ml.Yard.Send("PUT", Files + "/in/b.txt", "from there", ml.Token, "text/plain")).Is(204);
        Assert.Equal("from there", await File.ReadAllTextAsync(Path.Join(_mount, "in", "b.txt")));
        Assert.Equal(["a.sh", "in"], (await ml.Yard.Send("GET", Files, null, ml.Token)).Ok()["entries"]!.AsArray().Select(entry => entry!["name"]!.GetValue<string>()));

        var made = await ml.Call("POST", "/api/v1/projects/alice/elsewhere/jobs", """{"name":"a","script":"a.sh"}""");
        made.Is(201);
        var engine = (await ml.Call("POST", $"/api/v1/projects/alice/elsewhere/jobs/{made.Json["id"]}/start")).Ok()["engine_id"]!.GetValue<string>();
        Assert.Equal(_mount + "\n", await ml.Output(engine));
        Assert.Equal("from there", (await ml.Yard.Send("GET", Files + "/out.txt", null, ml.Token)).Text);
        (await ml.Yard.Send("DELETE", Files + "/in?recursive=true", null, ml.Token)).Is(204);
        (await ml.Yard.Send("DELETE", Files + "/out.txt", null, ml.Token)).Is(204);

        (await ml.Yard.Send("DELETE", "/api/yard/v1/projects/alice/elsewhere", null, ml.Token)).Is(204);
        Assert.Equal(["a.sh"], Directory.EnumerateFileSystemEntries(_mount).Select(Path.GetFileName));
        (await ml.Yard.Send("GET", Files, null, ml.Token)).Is(404);
    }

    [Fact]
    public async Task No_path_leaves_it_and_nothing_is_imported_over_it()
    {
        var outside = Directory.CreateTempSubdirectory("yard-outside-");
        await File.WriteAllTextAsync(Path.Join(outside.FullName, "secret.txt"), "secret");
        File.CreateSymbolicLink(Path.Join(_mount, "link"), outside.FullName);
        await using var ml = await Ml.Start(("PROJECT_MOUNTS", $"alice/elsewhere={_mount}"));
        (await ml.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"Elsewhere"}""", ml.Token)).Is(201);
        foreach (var path in new[] { "/link/secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt" })
            Assert.InRange((await ml.Yard.Send("GET", Files + path, null, ml.Token)).Status, 400, 499);
        Assert.InRange((await ml.Yard.Send("PUT", Files + "/link/new.txt", "x", ml.Token, "text/plain")).Status, 400, 499);
        (await ml.Yard.Send("DELETE", Files + "/link?recursive=true", null, ml.Token)).Is(204);
        Assert.Equal(["secret.txt"], outside.EnumerateFiles().Select(file => file.Name));
        (await ml.Yard.Send("POST", "/api/yard/v1/git-imports", """{"url":"https://example.org/a/b.git","slug":"elsewhere"}""", ml.Token)).Is(409);
        outside.Delete(true);
    }

    public void Dispose() => Directory.Delete(_mount, true);
}
