using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots.Tests;

public sealed class FreezeTests
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Ten_snapshots_of_an_unchanged_project_cost_little_more_than_one()
    {
        using var place = new Place();
        var random = new Random(1);
        var block = new byte[200_000];
        for (var i = 0; i < 100; i++)
        {
            random.NextBytes(block);
            File.WriteAllBytes(Path.Combine(place.Project, $"data-{i}"), block);
        }

        var first = await place.Freeze();
        Assert.Equal((100, 20_000_000), (first.Files, first.Bytes));
        var one = Place.Du(place.StorePath);
        Assert.InRange(one, 20_000_000, 22_000_000);
        for (var i = 0; i < 9; i++)
        {
            var next = await place.Freeze();
            Assert.Equal((first.Id, 0), (next.Id, next.NewBytes));
        }

        Assert.InRange(Place.Du(place.StorePath) - one, 0, 100_000);
        File.WriteAllText(Path.Combine(place.Project, "data-7"), "changed");
        var changed = await place.Freeze();
        Assert.NotEqual(first.Id, changed.Id);
        Assert.InRange(Place.Du(place.StorePath) - one, 0, 200_000);
    }

    [Fact]
    public async Task Twenty_thousand_files_come_back_as_they_were_and_are_not_read_again()
    {
        using var place = new Place(Ahead);
        for (var d = 0; d < 200; d++)
        {
            var directory = Directory.CreateDirectory(Path.Combine(place.Project, $"d{d % 10}", $"e{d}")).FullName;
            for (var f = 0; f < 100; f++)
                File.WriteAllText(Path.Combine(directory, $"f{f}"), $"{d} {f} {(f % 3 == 0 ? "" : new string('x', f))}");
        }

        var first = await place.Freeze();
        Assert.Equal((20_000, 20_000, 210), (first.Files, first.Read, first.Directories));
        var second = await place.Freeze();
        Assert.Equal((first.Id, 0), (second.Id, second.Read));
        place.Write("d1/e1/f1", "other");
        var third = await place.Freeze();
        Assert.Equal(1, third.Read);
        await place.Materialize(third.Id);
        Place.Run("diff", "-r", "--no-dereference", place.Project, place.Copy());
    }

    [Fact]
    public async Task What_a_run_does_to_its_copy_reaches_neither_the_snapshot_nor_another_run()
    {
        using var place = new Place();
        place.Write("keep/a.txt", "as it was");
        place.Write("run.sh", "#!/bin/sh\n");
        Place.Run("chmod", "711", place.Project + "/run.sh");
        var id = (await place.Freeze()).Id;
        var copy = await place.Materialize(id);
        Assert.Equal(WorkingCopyKind.Copy, copy.How);
        File.AppendAllText(place.Copy() + "/keep/a.txt", ", changed");
        File.Delete(place.Copy() + "/run.sh");
        Place.Run("chmod", "-R", "0", place.Copy());
        await place.Materialize(id, "other");
        Assert.Equal("as it was", File.ReadAllText(place.Copy("other") + "/keep/a.txt"));
        Assert.Equal("711", Place.Run("stat", "-c", "%a", place.Copy("other") + "/run.sh").Trim());
        Assert.Equal(id, (await place.Freeze()).Id);
        Place.Run("diff", "-r", place.Project, place.Copy("other"));
        Assert.True((await place.Store.Remove(place.Copy(), default)).Value);
        Assert.False(Path.Exists(place.Copy()));
        Assert.False((await place.Store.Remove(place.Copy(), default)).Value);
    }

    [Fact]
    public async Task Nothing_is_hard_linked_and_the_store_is_read_only()
    {
        using var place = new Place();
        place.Write("a", "same");
        place.Write("b", "same");
        await place.Materialize((await place.Freeze()).Id);
        Assert.Empty(Place.Run("find", place.Root, "-type", "f", "-links", "+1"));
        Assert.Empty(Place.Run("find", place.StorePath + "/objects", "-type", "f", "-perm", "/222"));
        Assert.Equal("700", Place.Run("stat", "-c", "%a", place.StorePath).Trim());
    }

    [Fact]
    public async Task Names_of_any_bytes_links_to_anywhere_and_modes_are_kept()
    {
        using var place = new Place();
        place.Write("with space/ü ☃ 漢字.txt", "unicode");
        place.Write("new\nline", "1");
        place.Write("100%25 \t tab", "2");
        place.Write(".hidden", "3");
        place.Write("private", "4");
        Place.Run("chmod", "600", place.Project + "/private");
        Directory.CreateDirectory(place.Project + "/empty");
        Place.RunIn(place.Project, "bash", "-c", "printf raw > $'not-utf8-\\xff\\xfe'; ln -s /etc/passwd outside; ln -s ../../.. up; ln -s loop loop; ln -s 'no where' dangling; mkdir closed; echo x > closed/f; chmod 500 closed");
        var frozen = await place.Freeze();
        Assert.Equal((7, 4), (frozen.Files, frozen.Links));
        await place.Materialize(frozen.Id);
        const string listing = "find . -printf '%y %m %l %p\\0' | sort -z | sed -z 's/^l [0-9]*/l/; s/^d [0-9]* *\\.$/d/'";
        Assert.Equal(Place.RunIn(place.Project, "bash", "-c", listing), Place.RunIn(place.Copy(), "bash", "-c", listing));
        Place.Run("diff", "-r", "--no-dereference", place.Project, place.Copy());
        var entries = place.Store.List(frozen.Id, "").Value!;
        Assert.Equal("/etc/passwd", entries.Single(entry => entry.Name == "outside").Target);
        Assert.Equal("unicode", new StreamReader(place.Store.Open(frozen.Id, "with space/ü ☃ 漢字.txt").Value!).ReadToEnd());
        Assert.Equal(RefusalCode.Invalid, Place.Refused(place.Store.Open(frozen.Id, "outside")).Code);
        foreach (var path in new[] { "up/etc", "../project", "/etc/passwd", "with space/../private", "no" })
            Assert.Equal(RefusalCode.NotFound, Place.Refused(place.Store.Open(frozen.Id, path)).Code);
    }

    [Fact]
    public async Task Pipes_sockets_and_devices_are_left_out_and_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, Place.NeedsRoot);
        using var place = new Place();
        place.Write("a", "1");
        Place.RunIn(place.Project, "bash", "-c", "mkfifo pipe; mknod null c 1 3; mknod disk b 7 0");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(place.Project + "/s"));
        var frozen = await place.Freeze();
        Assert.Equal(["disk: a block device", "null: a character device", "pipe: a named pipe", "s: a socket"], frozen.LeftOut.Order(StringComparer.Ordinal));
        Assert.Equal(1, frozen.Files);
    }

    [Fact]
    public async Task The_git_directory_is_kept_whole_whatever_the_rules_say()
    {
        using var place = new Place();
        place.Write(".gitignore", "*\n!.gitignore\n");
        place.Write(".git/HEAD", "ref: refs/heads/main");
        place.Write(".git/info/exclude", "*");
        place.Write("ignored/a", "");
        place.Write("b", "");
        var frozen = await place.Freeze();
        Assert.Equal((3, 2), (frozen.Files, frozen.Ignored));
        Assert.Equal([".git", ".gitignore"], place.Store.List(frozen.Id, "").Value!.Select(entry => entry.Name));
    }

    [Fact]
    public async Task A_file_rewritten_at_once_with_its_size_and_time_kept_is_noticed()
    {
        using var place = new Place();
        for (var i = 0; i < 20; i++)
        {
            var path = place.Write("a", "old");
            var time = File.GetLastWriteTimeUtc(path);
            var before = await place.Freeze();
            File.WriteAllText(path, "new");
            File.SetLastWriteTimeUtc(path, time);
            Assert.NotEqual(before.Id, (await place.Freeze()).Id);
        }
    }

    [Fact]
    public async Task A_damaged_list_of_what_is_known_costs_only_time()
    {
        using var place = new Place(Ahead);
        place.Write("a", "1");
        var first = await place.Freeze();
        var list = Assert.Single(Directory.GetFiles(place.StorePath + "/files"));
        var bytes = File.ReadAllBytes(list);
        bytes[^40] ^= 1;
        File.WriteAllBytes(list, bytes);
        var again = await place.Freeze();
        Assert.Equal((first.Id, 1), (again.Id, again.Read));
        File.WriteAllText(list, "");
        Assert.Equal(first.Id, (await place.Freeze()).Id);
    }

    [Fact]
    public async Task A_project_that_holds_the_store_or_is_not_there_is_refused()
    {
        using var place = new Place();
        Assert.Contains("where the snapshots are stored", Place.Refused(await place.Store.Freeze(place.Root, default)).Message);
        Assert.Equal(RefusalCode.Invalid, Place.Refused(await place.Store.Freeze(place.Copy("no"), default)).Code);
        Assert.Equal(RefusalCode.NotFound, Place.Refused(await place.Store.Materialize(new string('a', 64), place.Copy(), false, default)).Code);
        Assert.Equal(RefusalCode.NotFound, Place.Refused(await place.Store.Materialize("../objects", place.Copy(), false, default)).Code);
        place.Write("a", "1");
        var id = (await place.Freeze()).Id;
        await place.Materialize(id);
        Assert.Equal(RefusalCode.Conflict, Place.Refused(await place.Store.Materialize(id, place.Copy(), false, default)).Code);
    }
}
