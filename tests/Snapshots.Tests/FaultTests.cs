using System.Security.Cryptography;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task A_file_that_is_written_meanwhile_is_whole_or_named_in_the_refusal()
    {
        using var place = new Place();
        var path = place.Write("growing.log", "");
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            using var log = File.OpenWrite(path);
            var line = new byte[1 << 16];
            while (!stop.IsCancellationRequested && log.Length < 50_000_000)
                log.Write(line);
            while (!stop.IsCancellationRequested)
            {
                log.Position = 0;
                log.Write(line);
                log.Flush();
            }
        });
        var result = await place.Store.Freeze(place.Project, default);
        await stop.CancelAsync();
        await writer;
        if (result.Ok(out var snapshot, out var refusal))
        {
            var content = place.Store.Open(snapshot.Id, "growing.log").Value!;
            Assert.Equal(snapshot.Bytes, content.Length);
        }
        else
        {
            Assert.Contains("'growing.log' kept changing", refusal.Message);
            Assert.Equal(0, place.Store.Usage().Snapshots);
        }

        Assert.Equal(new FileInfo(path).Length, (await place.Freeze()).Bytes);
    }

    [Fact]
    public async Task A_project_torn_about_meanwhile_gives_a_snapshot_that_is_whole_or_a_refusal()
    {
        using var place = new Place();
        for (var i = 0; i < 300; i++)
            place.Write($"d{i % 10}/f{i}", $"{i}");
        Directory.CreateDirectory(place.Root + "/secret");
        File.WriteAllText(place.Root + "/secret/f0", "secret");
        using var stop = new CancellationTokenSource();
        var vandal = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % 300)
            {
                File.Delete($"{place.Project}/d{i % 10}/f{i}");
                File.WriteAllText($"{place.Project}/d{i % 10}/f{i}", $"{i}");
                // A directory becomes a link to elsewhere for a moment.
                Directory.Move($"{place.Project}/d0", $"{place.Project}/moved");
                File.CreateSymbolicLink($"{place.Project}/d0", place.Root + "/secret");
                File.Delete($"{place.Project}/d0");
                Directory.Move($"{place.Project}/moved", $"{place.Project}/d0");
            }
        });
        for (var round = 0; round < 6; round++)
            if ((await place.Store.Freeze(place.Project, default)).Ok(out var snapshot, out var refusal))
            {
                await place.Materialize(snapshot.Id, $"copy-{round}");
                Assert.DoesNotContain("secret", Place.Run("grep", "-rsh", "", $"{place.Copy($"copy-{round}")}/"));
            }
            else
                Assert.Contains("kept changing", refusal.Message);
        await stop.CancelAsync();
        await vandal;
        await place.Materialize((await place.Freeze()).Id);
        Place.Run("diff", "-r", place.Project, place.Copy());
    }

    [Fact]
    public async Task A_disk_that_fills_refuses_the_freeze_and_the_copy_and_leaves_nothing_half_made()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, Place.NeedsRoot);
        using var place = Place.OnSmallDisk("12m");
        var project = Directory.CreateTempSubdirectory("yard-project-").FullName;
        try
        {
            for (var i = 0; i < 16; i++)
                File.WriteAllBytes($"{project}/f{i}", RandomNumberGenerator.GetBytes(1 << 20));
            Assert.Equal(RefusalCode.Exhausted, Place.Refused(await place.Store.Freeze(project, default)).Code);
            Assert.Equal(new SnapshotUsage(0, 0, 0), place.Store.Usage());
            Assert.Empty(Directory.EnumerateFileSystemEntries(place.StorePath + "/tmp"));

            Place.Run("mount", "-o", "remount,size=24m", place.Root);
            var frozen = (await place.Store.Freeze(project, default)).Value!;
            Assert.Equal(16 << 20, frozen.NewBytes - frozen.NewBytes % (1 << 20));
            Assert.Equal(RefusalCode.Exhausted, Place.Refused(await place.Store.Materialize(frozen.Id, place.Copy(), false, default)).Code);
            Assert.Equal(["project", "store"], Directory.EnumerateFileSystemEntries(place.Root).Select(Path.GetFileName).Order());

            Place.Run("mount", "-o", "remount,size=48m", place.Root);
            await place.Materialize(frozen.Id);
            Place.Run("diff", "-r", project, place.Copy());
        }
        finally
        {
            Directory.Delete(project, recursive: true);
        }
    }

    [Fact]
    public async Task Where_blocks_can_be_shared_copies_cost_what_is_changed_in_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, Place.NeedsRoot);
        Assert.SkipUnless(File.Exists("/usr/sbin/mkfs.xfs"), "xfsprogs is not installed");
        using var place = Place.OnXfs();
        for (var i = 0; i < 20; i++)
            File.WriteAllBytes($"{place.Project}/f{i}", RandomNumberGenerator.GetBytes(4 << 20));
        Place.Run("sync", "-f", place.Root);
        long Used() => new DriveInfo(place.Root).TotalSize - new DriveInfo(place.Root).AvailableFreeSpace;
        var before = Used();
        var frozen = await place.Freeze();
        for (var i = 0; i < 5; i++)
            Assert.Equal(WorkingCopyKind.Reflink, (await place.Materialize(frozen.Id, $"copy-{i}")).How);
        Place.Run("sync", "-f", place.Root);
        Assert.InRange(Used() - before, 0, 10 << 20);
        File.WriteAllText(place.Copy("copy-0") + "/f0", "changed");
        Place.Run("diff", "-r", place.Project, place.Copy("copy-1"));
        Assert.Equal(frozen.Id, (await place.Freeze()).Id);
    }

    [Fact]
    public async Task Collecting_keeps_the_wanted_and_the_young_and_what_they_share()
    {
        using var place = new Place(grace: TimeSpan.FromHours(1));
        place.Write("same", new string('s', 10_000));
        place.Write("d/changing", "one");
        var first = await place.Freeze();
        place.Write("d/changing", "two");
        var second = await place.Freeze();
        Assert.Equal(new Collection(0, 0, 0), await place.Store.Collect(new HashSet<string>(), default));

        place.Clock.Ahead = TimeSpan.FromHours(2);
        var gone = await place.Store.Collect(new HashSet<string> { second.Id }, default);
        Assert.Equal((1, 3), (gone.Snapshots, gone.Objects));
        Assert.Equal(RefusalCode.NotFound, Place.Refused(place.Store.Find(first.Id)).Code);
        await place.Materialize(second.Id);
        Place.Run("diff", "-r", place.Project, place.Copy());
        Assert.Equal(1, place.Store.Usage().Snapshots);

        // What is known of the files speaks of objects that are gone by now.
        await place.Store.Collect(new HashSet<string>(), default);
        Assert.Equal(new SnapshotUsage(0, 0, 0), place.Store.Usage());
        await place.Materialize((await place.Freeze()).Id, "again");
        Place.Run("diff", "-r", place.Project, place.Copy("again"));
    }

    [Fact]
    public async Task What_a_killed_freeze_leaves_is_seen_by_nobody_and_collected()
    {
        using var place = new Place(grace: TimeSpan.Zero);
        place.Write("a", "1");
        var id = (await place.Freeze()).Id;
        // A freeze that died after some objects were in place, and one that died before.
        Directory.CreateDirectory(place.StorePath + "/objects/ab");
        File.WriteAllText(place.StorePath + "/objects/ab/" + new string('c', 62), "orphan");
        Directory.CreateDirectory(place.StorePath + "/tmp/died");
        File.WriteAllText(place.StorePath + "/tmp/died/new-1", "half");
        File.WriteAllText(place.StorePath + "/snapshots/." + id + ".x", "ha");
        var store = new SnapshotStore(place.StorePath, place.Clock, TimeSpan.Zero);
        Assert.Equal(1, store.Usage().Snapshots);
        Assert.Equal(new Collection(0, 1, 6), await store.Collect(new HashSet<string> { id }, default));
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.StorePath + "/tmp"));
        Assert.Equal([id], Directory.EnumerateFiles(place.StorePath + "/snapshots").Select(Path.GetFileName));
        await place.Materialize(id);
    }

    [Fact]
    public async Task A_stopped_freeze_shows_nothing()
    {
        using var place = new Place();
        for (var i = 0; i < 500; i++)
            place.Write($"f{i}", $"{i}");
        using var stop = new CancellationTokenSource();
        var freezing = place.Store.Freeze(place.Project, stop.Token);
        await stop.CancelAsync();
        try
        {
            await freezing;
        }
        catch (OperationCanceledException)
        {
            Assert.Equal(0, place.Store.Usage().Snapshots);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(place.StorePath + "/tmp"));
    }

    [Fact]
    public async Task Many_freezes_and_copies_and_a_collection_at_once_get_along()
    {
        using var place = new Place();
        for (var i = 0; i < 200; i++)
            place.Write($"d{i % 7}/f{i}", $"{i}");
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var snapshot = await place.Freeze();
            await place.Store.Collect(new HashSet<string>(), default);
            await place.Materialize(snapshot.Id, $"copy-{i}");
            return snapshot.Id;
        }));
        Assert.Single(ids.Distinct());
        for (var i = 0; i < 8; i++)
            Place.Run("diff", "-r", place.Project, place.Copy($"copy-{i}"));
    }

    [Fact]
    public async Task A_damaged_object_is_said_and_mended_by_the_next_freeze()
    {
        using var place = new Place();
        place.Write("a", new string('x', 5000));
        var id = (await place.Freeze()).Id;
        var damaged = new DirectoryInfo(place.StorePath + "/objects").EnumerateFiles("*", SearchOption.AllDirectories).Single(file => file.Length == 5000);
        Place.Run("chmod", "600", damaged.FullName);
        File.WriteAllText(damaged.FullName, "short");
        var refusal = Place.Refused(await place.Store.Materialize(id, place.Copy(), false, default));
        Assert.Contains("damaged", refusal.Message);
        Assert.False(Path.Exists(place.Copy()) || Path.Exists(place.Copy() + ".partial"));
        Assert.Equal(id, (await place.Freeze()).Id);
        await place.Materialize(id);
        Place.Run("diff", "-r", place.Project, place.Copy());
    }

    [Fact]
    public async Task A_copy_that_a_run_dug_endlessly_deep_is_removed()
    {
        using var place = new Place();
        place.Write("a", "1");
        await place.Materialize((await place.Freeze()).Id);
        var deep = string.Concat(Enumerable.Repeat("/d", 700));
        Directory.CreateDirectory(place.Copy() + deep);
        Directory.CreateDirectory(place.Copy("more") + deep);
        Directory.Move(place.Copy("more"), place.Copy() + deep + "/more");
        Assert.Contains("deeper than", Place.Refused(await place.Store.Freeze(place.Copy(), default)).Message);
        Assert.True((await place.Store.Remove(place.Copy(), default)).Value);
        Assert.False(Path.Exists(place.Copy()));
    }
}
