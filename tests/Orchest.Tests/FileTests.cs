using System.Net.Http.Headers;

namespace Switchyard.Orchest.Tests;

/// <summary>Files of a project, changed as the platform's file manager does.</summary>
public sealed class FileTests
{
    private const string Files = "/async/file-management";

    [Fact]
    public async Task Files_are_made_moved_copied_and_removed()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Project();
        string At(string call, string query) => $"{Files}/{call}?root=/project-dir&project_uuid={project.Uuid}&{query}";
        (await lab.Alice.Call("POST", At("create", "path=/new/a.py"))).Ok();
        (await lab.Alice.Call("POST", At("create", "path=/new/a.py"))).Is(409);
        (await lab.Alice.Call("POST", At("create-dir", "path=/empty.txt"))).Ok();
        (await lab.Alice.Call("POST", At("create-dir", "path=/empty.txt"))).Is(409);
        await project.Put("new/deep/b.txt", "content");
        (await lab.Alice.Call("POST", $"{Files}/rename?old_root=/project-dir&new_root=/project-dir&project_uuid={project.Uuid}&old_path=/new/deep&new_path=/empty.txt/moved")).Ok();
        (await lab.Alice.Call("POST", At("rename", "old_path=/empty.txt&new_path=/empty.txt/inside"))).Is(409);
        (await lab.Alice.Call("POST", At("rename", "old_path=/empty.txt/moved/b.txt&new_path=/new/a.py"))).Is(409);
        (await lab.Alice.Call("POST", At("duplicate", "path=/empty.txt/"))).Ok();
        (await lab.Alice.Call("POST", At("duplicate", "path=/empty.txt/moved/b.txt"))).Ok();
        var folder = Path.Join(lab.Yard.Data, "projects", "alice", project.Slug);
        Assert.Equal(
            [".gitignore", "empty.txt (1)/moved/b.txt", "empty.txt/moved/b (1).txt", "empty.txt/moved/b.txt", "new/a.py"],
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal));
        var file = await lab.Alice.Call("GET", At("download", "path=/empty.txt%20(1)/moved/b.txt"));
        Assert.Equal(("content", "attachment; filename=b.txt"), (file.Text, file.Headers["Content-Disposition"].Split("; filename*")[0]));
        (await lab.Alice.Call("POST", At("delete", "path=/empty.txt/"))).Ok();
        (await lab.Alice.Call("POST", At("delete", "path=/empty.txt/"))).Is(404);
        Assert.False(Directory.Exists(Path.Join(folder, "empty.txt")));
    }

    [Fact]
    public async Task A_form_uploads_a_file_and_nothing_leaves_the_project()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Project();
        var token = lab.Token;
        async Task<(int Status, string Text)> Upload(string path, string name, string field = "file")
        {
            using var client = new HttpClient { BaseAddress = lab.Yard.Address };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[12 * 1024 * 1024]), field, name } };
            using var answer = await client.PostAsync($"{Files}/upload?root=/project-dir&project_uuid={project.Uuid}&path={path}", form);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal((200, """{"file_path":"/project-dir/in/ü b.bin"}"""), await Upload("/in/", "ü b.bin"));
        Assert.Equal(200, (await Upload("/", "../../../evil.bin")).Status);
        Assert.Equal(400, (await Upload("/", "..")).Status);
        Assert.Equal(400, (await Upload("/../x/", "a")).Status);
        Assert.Equal(400, (await Upload("/", "a", "other")).Status);
        Assert.Equal(400, (await lab.Alice.Form($"{Files}/upload?project_uuid={project.Uuid}&path=/", "a=b")).Status);
        var folder = Path.Join(lab.Yard.Data, "projects", "alice", project.Slug);
        Assert.Equal([".gitignore", "evil.bin", "in/ü b.bin"], Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal));
        Assert.Equal(12 * 1024 * 1024, new FileInfo(Path.Join(folder, "in", "ü b.bin")).Length);

        var bob = await lab.User("bob");
        foreach (var call in new[] { "create?path=/b", "create-dir?path=/b", "delete?path=/in", "duplicate?path=/in", "rename?old_path=/in&new_path=/out", "upload?path=/" })
        {
            (await bob.Call("POST", $"{Files}/{call}&project_uuid={project.Uuid}")).Is(404);
            (await lab.Alice.Call("POST", $"{Files}/{call}&project_uuid={project.Uuid}&root=/data&old_root=/data")).Is(400);
        }

        (await lab.Alice.Call("POST", $"{Files}/delete?path=/&project_uuid={project.Uuid}")).Is(403);
        (await lab.Alice.Call("POST", $"{Files}/create?path=/../x&project_uuid={project.Uuid}")).Is(400);
    }
}
